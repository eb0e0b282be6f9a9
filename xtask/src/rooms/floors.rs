//! The floors, as `floors.txt` declares them, and what breaks their order.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{Room, Use};

/// Each room's floor, counted from the ground.
#[derive(Debug)]
pub struct Floors(BTreeMap<Room, usize>);

impl Floors {
    /// Reads the declaration: a line is a floor, the lowest first. `PACKAGE: ROOM ROOM`, or several of these with `;` between.
    ///
    /// # Errors
    /// A room stands on two floors, or a line has another form.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut floors = BTreeMap::new();
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        for (floor, line) in lines.filter(|line| !line.is_empty()).enumerate() {
            for part in line.split(';') {
                let (package, rooms) =
                    part.split_once(':').ok_or_else(|| format!("{part:?} is not `PACKAGE: ROOM…`"))?;
                for room in rooms.split_whitespace().map(|room| format!("{}/{room}", package.trim())) {
                    if floors.insert(room.clone(), floor).is_some() {
                        return Err(format!("{room} stands on two floors"));
                    }
                }
            }
        }
        Ok(Floors(floors))
    }

    /// What is wrong: rooms without a floor, floors without a room, uses of a higher floor, circles.
    pub fn wrong(&self, rooms: &BTreeSet<Room>, uses: &[Use]) -> Vec<String> {
        let homeless = rooms.iter().filter(|room| !self.0.contains_key(*room));
        let homeless = homeless.map(|room| format!("{room} has no floor: declare it in floors.txt"));
        let empty = self.0.keys().filter(|room| !rooms.contains(*room));
        let empty = empty.map(|room| format!("floors.txt declares {room}, which is no room"));
        homeless.chain(empty).chain(self.climbs(uses)).chain(circles(uses)).collect()
    }

    fn climbs(&self, uses: &[Use]) -> Vec<String> {
        let mut all = Vec::new();
        for one in uses {
            let said = format!("{}: {} uses {}", one.place, one.from, one.path);
            match (self.0.get(&one.from), self.0.get(&one.to)) {
                _ if one.to.ends_with('/') => {
                    all.push(format!("{said}, which stands in the root of a package, not in a room"))
                }
                (Some(from), Some(to)) if to > from => all.push(format!("{said}: {} is a higher floor", one.to)),
                _ => {}
            }
        }
        all.dedup();
        all
    }
}

/// Groups of rooms that use each other, each with one use of every pair.
fn circles(uses: &[Use]) -> Vec<String> {
    let mut next: BTreeMap<&str, BTreeMap<&str, &Use>> = BTreeMap::new();
    for one in uses {
        next.entry(&one.from).or_default().entry(&one.to).or_insert(one);
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|room| (*room, reached(room, &next))).collect();
    let both = |a: &str, b: &str| {
        reach.get(a).is_some_and(|all| all.contains(b)) && reach.get(b).is_some_and(|all| all.contains(a))
    };
    let mut told = BTreeSet::new();
    let mut all = Vec::new();
    for room in reach.keys() {
        let circle: Vec<&str> = reach.keys().copied().filter(|other| both(room, other)).collect();
        if circle.len() < 2 || !told.insert(circle.clone()) {
            continue;
        }
        all.push(format!("these rooms use each other: {}", circle.join(", ")));
        for from in &circle {
            let inside = next[from].iter().filter(|(to, _)| circle.contains(to));
            all.extend(inside.map(|(to, one)| format!("    {from} > {to}: {} {}", one.place, one.path)));
        }
    }
    all
}

fn reached<'a>(room: &'a str, next: &BTreeMap<&'a str, BTreeMap<&'a str, &Use>>) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::new();
    let mut open = vec![room];
    while let Some(room) = open.pop() {
        for to in next.get(room).into_iter().flat_map(BTreeMap::keys) {
            if all.insert(*to) {
                open.push(to);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::resolve::{self, tests::packages};
    use super::*;

    fn wrong(floors: &str, files: &[(&str, &str, &str)]) -> Vec<String> {
        let packages = packages(files);
        let floors = Floors::read(floors).expect("floors");
        floors.wrong(&resolve::rooms(&packages), &resolve::uses(&packages))
    }

    #[test]
    fn a_room_uses_lower_floors_and_its_own() {
        let files = [("p", "", ""), ("p", "a", "use crate::b;"), ("p", "b", ""), ("p", "c", "use crate::a;")];
        assert_eq!(wrong("# ground\np: a b\n\np: c # top", &files), Vec::<String>::new());
        let climbs = wrong("p: a ; p: c\np: b", &files);
        assert_eq!(climbs, ["p/a.rs:1: p/a uses crate::b: p/b is a higher floor"]);
    }

    #[test]
    fn circles_are_told_once_even_on_one_floor() {
        let files =
            [("p", "", ""), ("p", "a", "use crate::b;"), ("p", "b", "use crate::c::C;"), ("p", "c", "crate::a::x!()")];
        let told = wrong("p: a b c", &files);
        assert_eq!(
            told,
            [
                "these rooms use each other: p/a, p/b, p/c",
                "    p/a > p/b: p/a.rs:1 crate::b",
                "    p/b > p/c: p/b.rs:1 crate::c::C",
                "    p/c > p/a: p/c.rs:1 crate::a::x",
            ]
        );
    }

    #[test]
    fn the_declaration_has_every_room_once() {
        assert!(Floors::read("p: a\np: b a").is_err());
        assert!(Floors::read("a b").is_err());
        let told = wrong("p: b", &[("p", "", ""), ("p", "a", "")]);
        assert_eq!(told, ["p/a has no floor: declare it in floors.txt", "floors.txt declares p/b, which is no room"]);
    }
}
