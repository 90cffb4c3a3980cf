//! Choices out of bytes: a generated test and a fuzzer both make plans from them, and both shrink them.

/// Bytes read as choices; when they end, every further choice is the first.
pub struct Dice<'b> {
    bytes: &'b [u8],
}

impl<'b> Dice<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `sides`, which is at most 256.
    pub fn roll(&mut self, sides: usize) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first) % sides.max(1)
            }
            None => 0,
        }
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.roll(list.len())]
    }

    /// Whether a chance of one in `sides` came up.
    pub fn hits(&mut self, sides: usize) -> bool {
        self.roll(sides) == 1
    }

    /// A number below 65,536.
    pub fn wide(&mut self) -> i64 {
        let high = i64::try_from(self.roll(256)).unwrap_or(0);
        let low = i64::try_from(self.roll(256)).unwrap_or(0);
        high * 256 + low
    }

    /// Whether every byte was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}
