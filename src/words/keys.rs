//! The keys that a language's sentences have, in a table made while the program is compiled. The compiler looks every key of the
//! program up, and would take a minute to read the files again for each; a short command says one sentence, and would spend a
//! good part of its time on looking for it.

/// More than twice as many as there are keys, so that few are in each other's place.
const SLOTS: usize = 4096;
/// FNV-1a's, of 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// Where lines that begin with a key stand in some files. Loops, because the compiler runs it.
pub(super) struct KeyTable {
    files: &'static [&'static str],
    /// The number of the file, and the byte of it.
    slots: [Option<(u32, u32)>; SLOTS],
}

impl KeyTable {
    pub(super) const fn of(files: &'static [&'static str]) -> Self {
        let mut slots = [None; SLOTS];
        let (mut file, mut count) = (0, 0);
        while file < files.len() {
            let text = files[file].as_bytes();
            let mut line = 0;
            while line < text.len() {
                let (mut hash, mut at) = (BASIS, line);
                while at < text.len() && text[at] != b' ' && text[at] != b'\n' {
                    hash = mixed(hash, text[at]);
                    at += 1;
                }
                if at > line && at + 1 < text.len() && text[at] == b' ' && text[at + 1] == b'=' {
                    let mut slot = first_slot(hash);
                    while slots[slot].is_some() {
                        slot = (slot + 1) % SLOTS;
                    }
                    slots[slot] = Some((file as u32, line as u32));
                    count += 1;
                    assert!(2 * count < SLOTS, "there are more keys than SLOTS of src/words/keys.rs has room for");
                }
                while at < text.len() && text[at] != b'\n' {
                    at += 1;
                }
                line = at + 1;
            }
            file += 1;
        }
        KeyTable { files, slots }
    }

    /// Whether a sentence has this key.
    pub(super) const fn has(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// The sentence with its key as it stands in the file: the line that begins with it, and those below it that are indented.
    pub(super) fn sentence(&self, key: &str) -> Option<&'static str> {
        let (file, line) = self.place(key)?;
        let text = self.files[file].get(line..)?;
        let next = |end: &usize| text[end + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '#');
        let end = text.match_indices('\n').map(|(end, _)| end).find(next).map_or(text.len(), |end| end + 1);
        Some(&text[..end])
    }

    /// The file, and the byte of it where the line with this key begins.
    const fn place(&self, key: &str) -> Option<(usize, usize)> {
        let key = key.as_bytes();
        let (mut hash, mut at) = (BASIS, 0);
        while at < key.len() {
            hash = mixed(hash, key[at]);
            at += 1;
        }
        let mut slot = first_slot(hash);
        while let Some((file, line)) = self.slots[slot] {
            if begins_with(self.files[file as usize].as_bytes(), line as usize, key) {
                return Some((file as usize, line as usize));
            }
            slot = (slot + 1) % SLOTS;
        }
        None
    }
}

const fn mixed(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(PRIME)
}

const fn first_slot(hash: u32) -> usize {
    hash as usize % SLOTS
}

/// Whether the line of the text that begins here has this key.
const fn begins_with(text: &[u8], line: usize, key: &[u8]) -> bool {
    let mut same = 0;
    while same < key.len() && line + same < text.len() && text[line + same] == key[same] {
        same += 1;
    }
    let behind = line + same;
    same == key.len() && behind + 1 < text.len() && text[behind] == b' ' && text[behind + 1] == b'='
}
