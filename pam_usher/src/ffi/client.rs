//! The side of PAM that programs see which let somebody in (`pam_start(3)`, `pam_conv(3)`).

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::module::{Handle, copied};
use crate::conversation::{Conversation, PamQuestion, Verdict};

/// Linux-PAM's `_pam_types.h`.
const SUCCESS: c_int = 0;
const BUF_ERR: c_int = 5;
const CONV_ERR: c_int = 19;
const NEW_AUTHTOK_REQD: c_int = 12;
const USER: c_int = 2;
const RHOST: c_int = 4;
const CHANGE_EXPIRED: c_int = 0x20;
const DISALLOW_NULL: c_int = 1;
const PROMPT_ECHO_OFF: c_int = 1;
const PROMPT_ECHO_ON: c_int = 2;
const ERROR_MSG: c_int = 3;
/// Linux-PAM's own bound (`PAM_MAX_NUM_MSG`).
const MOST_MESSAGES: usize = 32;

#[repr(C)]
struct PamMessage {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct PamResponse {
    text: *mut c_char,
    code: c_int,
}

#[repr(C)]
struct PamConv {
    converse: extern "C" fn(c_int, *const *const PamMessage, *mut *mut PamResponse, *mut c_void) -> c_int,
    data: *mut c_void,
}

unsafe extern "C" {
    fn pam_start(service: *const c_char, user: *const c_char, conv: *const PamConv, handle: *mut *mut Handle) -> c_int;
    fn pam_end(handle: *mut Handle, status: c_int) -> c_int;
    fn pam_authenticate(handle: *mut Handle, flags: c_int) -> c_int;
    fn pam_acct_mgmt(handle: *mut Handle, flags: c_int) -> c_int;
    fn pam_chauthtok(handle: *mut Handle, flags: c_int) -> c_int;
    fn pam_set_item(handle: *mut Handle, item: c_int, value: *const c_void) -> c_int;
    fn pam_get_item(handle: *const Handle, item: c_int, value: *mut *const c_void) -> c_int;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn strdup(text: *const c_char) -> *mut c_char;
}

/// Asks PAM whether somebody from there is this user and may come in; its questions go to the conversation.
pub fn judge(service: &str, user: &str, from: &str, conversation: &mut dyn Conversation) -> Verdict {
    let texts = [service, user, from].map(CString::new);
    let [Ok(service), Ok(user), Ok(from)] = texts else { return Verdict::Refused };
    let mut conversation = conversation;
    let conv = PamConv { converse, data: ptr::from_mut(&mut conversation).cast() };
    let mut handle: *mut Handle = ptr::null_mut();
    // SAFETY: strings and structure live until `pam_end`; a place for the handle.
    if unsafe { pam_start(service.as_ptr(), user.as_ptr(), &conv, &mut handle) } != SUCCESS || handle.is_null() {
        return Verdict::Broken;
    }
    // SAFETY: the handle of `pam_start`, and a string that PAM copies.
    let mut status = unsafe { pam_set_item(handle, RHOST, from.as_ptr().cast()) };
    if status == SUCCESS {
        // SAFETY: the same handle, until it is ended below.
        status = unsafe { pam_authenticate(handle, DISALLOW_NULL) };
    }
    let mut verdict = if status == SUCCESS { Verdict::Barred } else { Verdict::Refused };
    if status == SUCCESS {
        // SAFETY: as above.
        status = unsafe { pam_acct_mgmt(handle, DISALLOW_NULL) };
        if status == NEW_AUTHTOK_REQD {
            // SAFETY: as above.
            status = unsafe { pam_chauthtok(handle, CHANGE_EXPIRED) };
        }
        // SAFETY: as above.
        let name = (status == SUCCESS).then(|| unsafe { present_user(handle) }).flatten();
        verdict = name.map_or(verdict, Verdict::Admitted);
    }
    // SAFETY: the handle is not used any more.
    unsafe { pam_end(handle, status) };
    verdict
}

/// The name that PAM knows somebody by, which a module may have changed.
///
/// # Safety
/// The handle is one of `pam_start`'s.
unsafe fn present_user(handle: *const Handle) -> Option<String> {
    let mut value: *const c_void = ptr::null();
    // SAFETY: as the caller promises, and a place for the pointer.
    let status = unsafe { pam_get_item(handle, USER, &mut value) };
    // SAFETY: on success a string that stays until the item is set anew.
    (status == SUCCESS).then(|| unsafe { copied(value.cast()) }).flatten()
}

/// PAM's questions, answered by the conversation behind `data`.
extern "C" fn converse(
    count: c_int,
    messages: *const *const PamMessage,
    responses: *mut *mut PamResponse,
    data: *mut c_void,
) -> c_int {
    // Nothing may unwind into PAM.
    let answered = catch_unwind(AssertUnwindSafe(|| {
        let count = usize::try_from(count).ok().filter(|count| (1..=MOST_MESSAGES).contains(count))?;
        if messages.is_null() || responses.is_null() || data.is_null() {
            return None;
        }
        // SAFETY: `judge` put it there, and waits for PAM to return.
        let conversation = unsafe { &mut *data.cast::<&mut dyn Conversation>() };
        let mut answers = Vec::with_capacity(count);
        for at in 0..count {
            // SAFETY: Linux-PAM gives an array of so many pointers to messages, which stay meanwhile.
            let message = unsafe { (*messages.add(at)).as_ref()? };
            // SAFETY: a string, or null.
            let text = unsafe { copied(message.text) }.unwrap_or_default();
            answers.push(match message.style {
                PROMPT_ECHO_OFF | PROMPT_ECHO_ON => {
                    let prompt = PamQuestion { text, echo: message.style == PROMPT_ECHO_ON };
                    Some(CString::new(conversation.ask(prompt)?).ok()?)
                }
                style => {
                    conversation.tell(&text, style == ERROR_MSG);
                    None
                }
            });
        }
        Some(answers)
    }));
    let Ok(Some(answers)) = answered else { return CONV_ERR };
    // SAFETY: memory as PAM frees it.
    let given = unsafe { calloc(answers.len(), size_of::<PamResponse>()) }.cast::<PamResponse>();
    if given.is_null() {
        return BUF_ERR;
    }
    for (at, answer) in answers.iter().enumerate() {
        if let Some(answer) = answer {
            // SAFETY: within what was allocated; the copy is PAM's to free.
            unsafe { (*given.add(at)).text = strdup(CStr::as_ptr(answer)) };
        }
    }
    // SAFETY: not null; the array is PAM's from now on.
    unsafe { *responses = given };
    SUCCESS
}
