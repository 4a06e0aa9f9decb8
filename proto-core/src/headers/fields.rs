//! What may be sent as a head.

use super::Field;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A list of fields, borrowed straight from the caller: what may be sent as a head.
///
/// Pseudo-headers come first. There are implementations for [`Head`](super::Head), for slices, arrays and
/// vectors of [`Field`] and of pairs of a name and a value, for references to all of these, for a
/// pair of lists (one after the other), and with the feature `http` for its requests, responses
/// and maps.
///
/// ```
/// use bywash_proto::headers::{Fields, Head};
///
/// let head = [(":status", "200"), ("content-type", "text/plain")];
/// assert_eq!(Head::from_fields(&head).status(), Some(200));
/// assert_eq!(head.fields().count(), 2);
/// ```
pub trait Fields {
    /// The fields, in the order in which they are sent. Called more than once, it must give the
    /// same each time.
    fn fields(&self) -> impl Iterator<Item = Field<'_>>;
}

impl<T: Fields + ?Sized> Fields for &T {
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        (**self).fields()
    }
}

impl<T: Fields + ?Sized> Fields for Box<T> {
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        (**self).fields()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Fields for [(N, V)] {
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.iter()
            .map(|(name, value)| Field::new(name.as_ref(), value.as_ref()))
    }
}

impl Fields for [Field<'_>] {
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.iter().copied()
    }
}

impl<T, const N: usize> Fields for [T; N]
where
    [T]: Fields,
{
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.as_slice().fields()
    }
}

impl<T> Fields for Vec<T>
where
    [T]: Fields,
{
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.as_slice().fields()
    }
}

impl<A: Fields, B: Fields> Fields for (A, B) {
    #[inline]
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.0.fields().chain(self.1.fields())
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::headers::{Field, Head};
    use alloc::boxed::Box;
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    fn names(fields: impl Fields) -> Vec<String> {
        fields
            .fields()
            .map(|f| String::from_utf8_lossy(f.name).into_owned())
            .collect()
    }

    #[test]
    fn every_shape_of_a_list() {
        let pair = ("a", "1");
        let octets = (b"a".to_vec(), vec![1]);
        let field = Field::new(b"a", b"1").sensitive();
        assert_eq!(names([pair]), ["a"]);
        assert_eq!(names(&[pair][..]), ["a"]);
        assert_eq!(names(vec![octets.clone()]), ["a"]);
        assert_eq!(names(&[octets]), ["a"]);
        assert_eq!(names([field]), ["a"]);
        assert_eq!(names(Box::new([field])), ["a"]);
        assert_eq!(names(([field], [("b", b"2")])), ["a", "b"]);
        assert_eq!(names([("", ""); 0]), [""; 0]);
        let head = Head::from_fields(&[field]);
        assert_eq!(names(&head), ["a"]);
        assert!(Fields::fields(&head).all(|f| f.never_indexed));
    }
}
