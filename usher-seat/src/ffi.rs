//! The kernel's calls for virtual terminals (`ioctl_console(2)`): no crate has them. The only unsafe code of this package.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsFd;

use rustix::ioctl::{Getter, IntegerSetter, Opcode, Setter, ioctl};

const KDSETMODE: Opcode = 0x4b3a;
const KDGKBMODE: Opcode = 0x4b44;
const KDSKBMODE: Opcode = 0x4b45;
const VT_SETMODE: Opcode = 0x5602;
const VT_GETSTATE: Opcode = 0x5603;
const VT_ACTIVATE: Opcode = 0x5606;
const VT_DISALLOCATE: Opcode = 0x5608;
const VT_LOCKSWITCH: Opcode = 0x560b;
const VT_UNLOCKSWITCH: Opcode = 0x560c;

/// `struct vt_mode`: all zero is `VT_AUTO`, in which the kernel asks nobody before it switches.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct VtMode {
    mode: u8,
    waits: u8,
    signals: [u16; 3],
}

/// `struct vt_stat`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VtState {
    /// The terminal in front.
    pub active: u16,
    signal: u16,
    /// A bit for each of the first fifteen terminals that somebody has open.
    pub open: u16,
}

fn set<const CALL: Opcode>(terminal: impl AsFd, value: usize) -> io::Result<()> {
    // SAFETY: each of these calls takes its argument as a number, and reads or writes none of our memory.
    Ok(unsafe { ioctl(terminal, IntegerSetter::<CALL>::new_usize(value)) }?)
}

/// The terminals' state; any of them may be asked.
pub fn state(terminal: impl AsFd) -> io::Result<VtState> {
    // SAFETY: the kernel writes a `struct vt_stat`, of three numbers of 16 bits, which `VtState` is.
    Ok(unsafe { ioctl(terminal, Getter::<VT_GETSTATE, VtState>::new()) }?)
}

/// Asks for a terminal to come to the front.
pub fn activate(terminal: impl AsFd, number: u16) -> io::Result<()> {
    set::<VT_ACTIVATE>(terminal, number.into())
}

/// Frees what the kernel keeps for a terminal that nobody has open.
pub fn disallocate(terminal: impl AsFd, number: u16) -> io::Result<()> {
    set::<VT_DISALLOCATE>(terminal, number.into())
}

/// Whether the kernel refuses to switch.
pub fn withhold_switching(terminal: impl AsFd, withheld: bool) -> io::Result<()> {
    if withheld { set::<VT_LOCKSWITCH>(terminal, 0) } else { set::<VT_UNLOCKSWITCH>(terminal, 0) }
}

/// The kernel asks no process any more before it switches away from this terminal.
pub fn leave_at_once(terminal: impl AsFd) -> io::Result<()> {
    // SAFETY: the kernel reads a `struct vt_mode`, of two bytes and three numbers of 16 bits, which `VtMode` is.
    Ok(unsafe { ioctl(terminal, Setter::<VT_SETMODE, VtMode>::new(VtMode::default())) }?)
}

/// Whether the kernel itself draws the terminal (`KD_TEXT`), or somebody else does (`KD_GRAPHICS`).
pub fn draw_text(terminal: impl AsFd, text: bool) -> io::Result<()> {
    set::<KDSETMODE>(terminal, usize::from(!text))
}

/// What becomes of keys on this terminal.
pub fn keyboard(terminal: impl AsFd) -> io::Result<i32> {
    // SAFETY: the kernel writes an `int`.
    Ok(unsafe { ioctl(terminal, Getter::<KDGKBMODE, i32>::new()) }?)
}

/// Sets what becomes of keys on this terminal.
pub fn set_keyboard(terminal: impl AsFd, mode: i32) -> io::Result<()> {
    set::<KDSKBMODE>(terminal, usize::try_from(mode).map_err(io::Error::other)?)
}
