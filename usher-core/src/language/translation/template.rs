//! A sentence with places for values: `session {id}: {why}`.

/// A sentence in pieces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    beginning: String,
    /// A value and what stands behind it.
    rest: Vec<(Gap, String)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Gap {
    name: String,
    kind: String,
}

impl Template {
    /// As a translation is written: `{name}` or `{name:kind}`.
    pub(super) fn new(text: &str) -> Self {
        let mut pieces = text.split('{');
        let beginning = pieces.next().unwrap_or_default().to_owned();
        let place = |piece: &str| {
            let (inside, behind) = piece.split_once('}').unwrap_or((piece, ""));
            let (name, kind) = inside.split_once(':').unwrap_or((inside, ""));
            (Gap { name: name.to_owned(), kind: kind.to_owned() }, behind.to_owned())
        };
        Template { beginning, rest: pieces.map(place).collect() }
    }

    /// As the code has it: values without a name are numbered, and how they are written does not matter.
    pub(super) fn of_english(text: &str) -> Self {
        let mut template = Template::new(text);
        let mut number = 0;
        for (place, _) in template.rest.iter_mut().filter(|(place, _)| place.name.is_empty()) {
            number += 1;
            place.name = number.to_string();
        }
        template
    }

    /// What stands before the first value.
    pub(super) fn beginning(&self) -> &str {
        &self.beginning
    }

    /// How many bytes of the sentence are not values.
    pub(super) fn own_letters(&self) -> usize {
        self.beginning.len() + self.rest.iter().map(|(_, behind)| behind.len()).sum::<usize>()
    }

    /// The values by their names, if the text is this sentence. A value ends where what stands behind it is first found.
    pub(super) fn values(&self, text: &str) -> Option<Vec<(String, String)>> {
        let mut left = text.strip_prefix(self.beginning.as_str())?;
        let mut values = Vec::new();
        for (nth, (place, behind)) in self.rest.iter().enumerate() {
            let is_last = nth + 1 == self.rest.len();
            let end = if is_last { left.len().checked_sub(behind.len())? } else { left.find(behind.as_str())? };
            // Nothing is a value only where quotation marks show that it is one.
            let nothing = end == 0 && !behind.starts_with(['\'', '"']);
            if nothing || !left.is_char_boundary(end) || !left[end..].starts_with(behind.as_str()) {
                return None;
            }
            values.push((place.name.clone(), left[..end].to_owned()));
            left = &left[end + behind.len()..];
        }
        left.is_empty().then_some(values)
    }

    /// The sentence with what is said of each name and kind.
    pub(super) fn fill(&self, mut value: impl FnMut(&str, &str) -> String) -> String {
        let mut text = self.beginning.clone();
        for (place, behind) in &self.rest {
            text.push_str(&value(&place.name, &place.kind));
            text.push_str(behind);
        }
        text
    }

    /// The names of its values.
    #[cfg(test)]
    pub(super) fn names(&self) -> std::collections::BTreeSet<&str> {
        self.rest.iter().map(|(place, _)| place.name.as_str()).collect()
    }
}
