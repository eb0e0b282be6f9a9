//! Keys that act on the server itself, and are not to while locked: they end it, switch the terminal,
//! or break grabs (X Keyboard Extension Protocol, Terminate, SwitchScreen; XFree86's private actions
//! `Ungrab` and `ClsGrb`). They are made to do nothing, and put back exactly as they were.

use serde::{Deserialize, Serialize};
use x11rb::protocol::xkb::{
    self, ConnectionExt as _, EventType, MapPart, SelectEventsAux, SetMapAux, SetMapAuxKeyActions, SetMapFlags,
};
use x11rb::x11_utils::{Serialize as _, TryParse as _};

use super::devices;
use super::display::{Asked, Display, Trouble};

const CORE: Board = 0x100; // XkbUseCoreKbd
/// `XkbSA_Terminate`, `XkbSA_SwitchScreen`, and every action that the extension leaves to servers.
const TERMINATE: u8 = 0x0c;
const SWITCH_SCREEN: u8 = 0x0d;
const PRIVATE: u8 = 0x80;
const ACTION: usize = 8;

/// What every key does, as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTable {
    first: u8,
    counts: Vec<u8>,
    /// Eight bytes each.
    actions: Vec<u8>,
}

impl KeyTable {
    /// The same without what is not to be done while locked; `None` if there is no such thing in it.
    fn tame(&self) -> Option<KeyTable> {
        let mut tame = self.clone();
        for action in tame.actions.chunks_exact_mut(ACTION) {
            if matches!(action[0], TERMINATE | SWITCH_SCREEN) || action[0] >= PRIVATE {
                action.fill(0);
            }
        }
        (tame != *self).then_some(tame)
    }

    /// What keys did before, where they do now what we made of it; else what somebody made them do since.
    fn with_originals(&self, original: &KeyTable) -> KeyTable {
        let mut merged = self.clone();
        let tamed = original.tame().unwrap_or_else(|| original.clone());
        if (self.first, &self.counts, self.actions.len()) != (tamed.first, &tamed.counts, tamed.actions.len()) {
            return merged;
        }
        let before = tamed.actions.chunks_exact(ACTION).zip(original.actions.chunks_exact(ACTION));
        for (now, (tamed, original)) in merged.actions.chunks_exact_mut(ACTION).zip(before) {
            if *now == *tamed {
                now.copy_from_slice(original);
            }
        }
        merged
    }
}

/// A keyboard: that of core clients, or a device's own number.
type Board = u16;

/// The keyboards' dangerous keys, and whether they are tamed. A device that is held by itself has keys of its own, which
/// any client may change.
#[derive(Debug, Default)]
pub struct Keys {
    /// The keyboards as they are to be after the lock; only those of which something had to be tamed.
    pub original: Vec<(Board, KeyTable)>,
    /// That of core clients, as it is now.
    core: Option<KeyTable>,
}

impl Keys {
    /// Asks to be told of changes, and reads the keyboard as it is.
    pub fn new(x: &Display) -> Asked<Self> {
        let mut keys = Keys::default();
        if x.has.xkb {
            for board in std::iter::once(CORE).chain(devices::keyboards(x)?) {
                let events = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
                let parts = MapPart::KEY_ACTIONS | MapPart::KEY_SYMS;
                let (none, details) = (EventType::from(0u16), SelectEventsAux::new());
                xkb::select_events(&x.conn, board, none, events, parts, parts, &details)?;
            }
            keys.read(x)?;
        }
        Ok(keys)
    }

    /// Reads what the keys do now.
    pub fn read(&mut self, x: &Display) -> Asked {
        self.core = if x.has.xkb { Some(read(x, CORE)?) } else { None };
        Ok(())
    }

    /// Makes the dangerous keys do nothing. True if there were any.
    pub fn tame(&mut self, x: &Display) -> Asked<bool> {
        let Some(core) = self.core.clone() else { return Ok(false) };
        let tame = self.tame_one(x, CORE, &core)?;
        let mut found = tame.is_some();
        self.core = Some(tame.unwrap_or(core));
        // What is attached to the core keyboard was changed with it.
        for board in devices::keyboards(x)? {
            let table = match read(x, board) {
                Ok(table) => table,
                // It went meanwhile.
                Err(Trouble::Refused) => continue,
                Err(trouble) => return Err(trouble),
            };
            found |= self.tame_one(x, board, &table)?.is_some();
        }
        Ok(found)
    }

    fn tame_one(&mut self, x: &Display, board: Board, current: &KeyTable) -> Asked<Option<KeyTable>> {
        let Some(tame) = current.tame() else { return Ok(None) };
        write(x, board, &tame)?;
        match self.original.iter_mut().find(|(of, _)| *of == board) {
            // Tamed before: somebody changed the keyboard since, and that is how it is to be after the lock.
            Some((_, original)) => *original = current.with_originals(original),
            None => self.original.push((board, current.clone())),
        }
        Ok(Some(tame))
    }

    /// Puts back what the keys did.
    pub fn restore(&mut self, x: &Display) -> Asked {
        for (board, original) in std::mem::take(&mut self.original) {
            let now = match read(x, board) {
                Ok(now) => now,
                Err(Trouble::Refused) => continue,
                Err(trouble) => return Err(trouble),
            };
            let wanted = now.with_originals(&original);
            if wanted != now {
                write(x, board, &wanted)?;
            }
            if board == CORE {
                self.core = Some(wanted);
            }
        }
        Ok(())
    }
}

fn read(x: &Display, board: Board) -> Asked<KeyTable> {
    let none = MapPart::from(0u16);
    let none_modifiers = xkb::VMod::from(0u16);
    let asked = x.conn.xkb_get_map(
        board,
        MapPart::KEY_ACTIONS,
        none,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        none_modifiers,
        0,
        0,
        0,
        0,
        0,
        0,
    )?;
    let reply = asked.reply()?;
    let (counts, actions) = match reply.map.key_actions {
        Some(table) => (table.acts_rtrn_count, table.acts_rtrn_acts),
        None => (Vec::new(), Vec::new()),
    };
    let actions = actions.iter().flat_map(|action| action.serialize()).collect();
    Ok(KeyTable { first: reply.first_key_action, counts, actions })
}

fn write(x: &Display, board: Board, table: &KeyTable) -> Asked {
    let actions: Vec<xkb::Action> = table
        .actions
        .chunks_exact(ACTION)
        .filter_map(|bytes| xkb::Action::try_parse(bytes).ok().map(|(action, _)| action))
        .collect();
    let Ok(keys) = u8::try_from(table.counts.len()) else { return Ok(()) };
    let Ok(total) = u16::try_from(actions.len()) else { return Ok(()) };
    let values = SetMapAux::new().key_actions(SetMapAuxKeyActions { actions_count: table.counts.clone(), actions });
    let setup = x.keycodes();
    xkb::set_map(
        &x.conn,
        board,
        SetMapFlags::from(0u16),
        setup.0,
        setup.1,
        0,
        0,
        0,
        0,
        0,
        table.first,
        keys,
        total,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        xkb::VMod::from(0u16),
        &values,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(kinds: &[u8]) -> KeyTable {
        let actions = kinds.iter().flat_map(|kind| [*kind, 1, 2, 3, 4, 5, 6, 7]).collect();
        KeyTable { first: 8, counts: vec![1; kinds.len()], actions }
    }

    #[test]
    fn what_ends_the_server_switches_or_breaks_grabs_does_nothing() {
        let tame = table(&[1, 0x0c, 0x0d, 0x86, 0xff, 3]).tame().unwrap();
        let kinds: Vec<u8> = tame.actions.chunks(8).map(|action| action[0]).collect();
        assert_eq!(kinds, [1, 0, 0, 0, 0, 3]);
        assert_eq!(tame.tame(), None);
    }

    #[test]
    fn only_what_we_changed_is_put_back() {
        let original = table(&[1, 0x0c]);
        let ours = original.tame().unwrap();
        assert_eq!(ours.with_originals(&original), original);
        assert_eq!(table(&[2, 2]).with_originals(&original), table(&[2, 2]));
        let mut half = ours;
        half.actions[0] = 2;
        let merged = half.with_originals(&original);
        assert_eq!((merged.actions[0], merged.actions[ACTION]), (2, 0x0c));
        assert_eq!(table(&[1, 2, 3]).with_originals(&original), table(&[1, 2, 3]));
    }
}
