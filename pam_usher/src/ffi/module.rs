//! The side of PAM that modules see: the functions that a login program's PAM calls, and those that they may call back
//! (`pam_sm_acct_mgmt(3)`, `pam_get_item(3)`, `pam_prompt(3)`, `pam_syslog(3)`).

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::catch_unwind;
use std::ptr;

use crate::login::{LoginAnswer, LoginCall, account};

/// Linux-PAM's `_pam_types.h`.
const PERM_DENIED: c_int = 6;
const IGNORE: c_int = 25;
const SUCCESS: c_int = 0;
const SERVICE: c_int = 1;
const RHOST: c_int = 4;
const ERROR_MSG: c_int = 3;
const SILENT: c_int = 0x8000;

/// `syslog.h`: LOG_AUTHPRIV | LOG_NOTICE.
const NOTICE: c_int = 10 << 3 | 5;

/// PAM's handle of a login, which is its own affair.
#[repr(C)]
pub struct Handle {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn pam_get_user(handle: *mut Handle, user: *mut *const c_char, prompt: *const c_char) -> c_int;
    fn pam_get_item(handle: *const Handle, item: c_int, value: *mut *const c_void) -> c_int;
    fn pam_prompt(handle: *mut Handle, style: c_int, response: *mut *mut c_char, format: *const c_char, ...) -> c_int;
    fn pam_syslog(handle: *const Handle, priority: c_int, format: *const c_char, ...);
}

/// Whether this user may log in now. PAM asks it once the user has proved who they are.
///
/// # Safety
/// PAM calls it with its own handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pam_sm_acct_mgmt(
    handle: *mut Handle,
    flags: c_int,
    _count: c_int,
    _arguments: *const *const c_char,
) -> c_int {
    let mut login = PamLogin { handle, silent: flags & SILENT != 0 };
    // Nothing may unwind into PAM, and no fault of ours keeps anybody out.
    let answer = catch_unwind(|| account(&mut PamLogin { ..login })).unwrap_or_else(|_| {
        login.log("a fault of usher's own; the login goes on");
        LoginAnswer::NoObjection
    });
    match answer {
        LoginAnswer::Refused => PERM_DENIED,
        LoginAnswer::NoObjection => IGNORE,
    }
}

/// This module proves nothing about users.
///
/// # Safety
/// It reads none of its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pam_sm_authenticate(
    _handle: *mut Handle,
    _flags: c_int,
    _count: c_int,
    _arguments: *const *const c_char,
) -> c_int {
    IGNORE
}

/// This module gives users nothing.
///
/// # Safety
/// It reads none of its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pam_sm_setcred(
    _handle: *mut Handle,
    _flags: c_int,
    _count: c_int,
    _arguments: *const *const c_char,
) -> c_int {
    IGNORE
}

/// A login that PAM asks about.
#[derive(Clone, Copy)]
struct PamLogin {
    handle: *mut Handle,
    silent: bool,
}

impl PamLogin {
    fn item(&self, item: c_int) -> Option<String> {
        let mut value: *const c_void = ptr::null();
        // SAFETY: PAM's handle, and a place for the pointer that it gives.
        let status = unsafe { pam_get_item(self.handle, item, &mut value) };
        // SAFETY: on success a string that stays until the item is set anew, which nobody does before it is copied.
        (status == SUCCESS).then(|| unsafe { copied(value.cast()) }).flatten()
    }
}

impl LoginCall for PamLogin {
    fn user(&self) -> Option<String> {
        let mut user: *const c_char = ptr::null();
        // SAFETY: PAM's handle, and a place for the pointer that it gives; no prompt of ours.
        let status = unsafe { pam_get_user(self.handle, &mut user, ptr::null()) };
        // SAFETY: on success a string that stays until the user is set anew.
        (status == SUCCESS).then(|| unsafe { copied(user) }).flatten()
    }

    fn service(&self) -> Option<String> {
        self.item(SERVICE)
    }

    fn remote_host(&self) -> Option<String> {
        self.item(RHOST)
    }

    fn tell(&mut self, text: &str) {
        let Ok(text) = CString::new(text) else { return };
        if !self.silent {
            // SAFETY: PAM's handle; the format takes one string; a message of this style has no response.
            unsafe { pam_prompt(self.handle, ERROR_MSG, ptr::null_mut(), c"%s".as_ptr(), text.as_ptr()) };
        }
    }

    fn log(&mut self, text: &str) {
        let Ok(text) = CString::new(text) else { return };
        // SAFETY: PAM's handle; the format takes one string.
        unsafe { pam_syslog(self.handle, NOTICE, c"%s".as_ptr(), text.as_ptr()) };
    }
}

/// A copy of a string of PAM's; none if there is none, or it is no UTF-8.
///
/// # Safety
/// The pointer is null, or of a string that ends with a null byte.
pub(super) unsafe fn copied(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().ok().map(str::to_owned)
}
