//! Field lists to be bent: what a head holds, before it is encoded.

use crate::raw::BlockWriter;

/// A field list under construction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// The head of a response.
    pub fn response(status: &str) -> Self {
        Self::new().add(":status", status)
    }

    /// Appends a field.
    pub fn add(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.0
            .push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// Gives every field of the name another value; appends one if there is none.
    pub fn set(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let mut found = false;
        for field in self.0.iter_mut().filter(|f| f.0 == name.as_bytes()) {
            field.1 = value.as_ref().to_vec();
            found = true;
        }
        if found { self } else { self.add(name, value) }
    }

    /// Takes every field of the name away.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|field| field.0 != name.as_bytes());
        self
    }

    /// Moves every field of the name to the end.
    pub fn last(mut self, name: &str) -> Self {
        let (tail, mut head): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .partition(|field| field.0 == name.as_bytes());
        head.extend(tail);
        self.0 = head;
        self
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let field = self.0.iter().find(|field| field.0 == name.as_bytes())?;
        Some(&field.1)
    }

    /// The list as a block of plain literals.
    pub fn block(&self) -> Vec<u8> {
        let block = self.0.iter().fold(BlockWriter::new(), |block, field| {
            block.field(&field.0, &field.1)
        });
        block.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bent_by_name() {
        let list = Fields::new().add("a", "1").add("b", "2").add("a", "3");
        assert_eq!(
            list.clone().set("a", "x").block(),
            b"\0\x01a\x01x\0\x01b\x012\0\x01a\x01x"
        );
        assert_eq!(list.clone().without("a").block(), b"\0\x01b\x012");
        assert_eq!(
            list.clone().last("a").block(),
            b"\0\x01b\x012\0\x01a\x011\0\x01a\x013"
        );
        assert_eq!(list.get("a"), Some(&b"1"[..]));
        assert_eq!(list.set("c", "").get("c"), Some(&b""[..]));
    }
}
