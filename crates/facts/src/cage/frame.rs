//! Frames on their way out of a cage, and what is made of them outside. Nothing read here is trusted.

use std::io::{self, Read, Write};

use super::refusal::Refusal;

/// The longest frame.
const FRAME_BYTES_MAX: usize = 4 << 20;
/// A promise of rows by who does not know.
const ROWS_UNKNOWN: u64 = u64::MAX;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    Columns,
    Text,
    Rows,
    Refusal,
    End,
}

impl FrameKind {
    const ALL: [Self; 5] = [
        Self::Columns,
        Self::Text,
        Self::Rows,
        Self::Refusal,
        Self::End,
    ];

    fn byte(self) -> u8 {
        match self {
            Self::Columns => 1,
            Self::Text => 2,
            Self::Rows => 3,
            Self::Refusal => 4,
            Self::End => 5,
        }
    }
}

/// A frame as it came.
#[derive(Debug)]
pub struct Frame {
    pub kind: FrameKind,
    /// How many bytes of the file were read by then.
    pub at: u64,
    pub body: Vec<u8>,
}

/// What is not as a decoder gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbled(pub &'static str);

const CUT: Garbled = Garbled("a frame that is cut short");

/// Reads the next frame; none at the end.
///
/// # Errors
/// What is wrong with it; nothing after it can be read.
pub fn read_frame(from: &mut impl Read) -> Result<Option<Frame>, Garbled> {
    let mut head = [0; 13];
    if !is_filled(from, &mut head) {
        return Ok(None);
    }
    let mut head = Bytes(&head);
    let [kind] = head.take()?;
    let at = head.u64()?;
    let length = usize::try_from(head.u32()?).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(Garbled("a frame of more than 4 MiB"));
    }
    let kind = FrameKind::ALL
        .into_iter()
        .find(|known| known.byte() == kind);
    let kind = kind.ok_or(Garbled("a frame of no kind"))?;
    let mut body = vec![0; length];
    if !is_filled(from, &mut body) {
        return Ok(None);
    }
    Ok(Some(Frame { kind, at, body }))
}

/// Whether there was enough to fill it; how a decoder ended says more about a frame cut short than the frame.
fn is_filled(from: &mut impl Read, into: &mut [u8]) -> bool {
    from.read_exact(into).is_ok()
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// How many rows are promised.
    pub rows: Option<u64>,
    /// The name of every column.
    pub names: Vec<String>,
    /// The positions of the columns that rows carry, rising.
    pub sent: Vec<usize>,
}

impl Names {
    /// Reads them from a frame.
    ///
    /// # Errors
    /// When they are not whole.
    pub fn read(body: &[u8]) -> Result<Self, Garbled> {
        let mut bytes = Bytes(body);
        let rows = bytes.u64()?;
        let names: Result<Vec<String>, Garbled> = (0..bytes.u32()?)
            .map(|_| bytes.text().map(str::to_owned))
            .collect();
        let names = names?;
        let mut sent = Vec::new();
        for _ in 0..bytes.u32()? {
            let at = usize::try_from(bytes.u32()?).unwrap_or(usize::MAX);
            if at >= names.len() || sent.last().is_some_and(|last| *last >= at) {
                return Err(Garbled("columns in no order"));
            }
            sent.push(at);
        }
        if !bytes.0.is_empty() {
            return Err(Garbled("a frame that is too long"));
        }
        Ok(Self {
            rows: (rows != ROWS_UNKNOWN).then_some(rows),
            names,
            sent,
        })
    }

    fn write(&self) -> Vec<u8> {
        let mut body = self.rows.unwrap_or(ROWS_UNKNOWN).to_le_bytes().to_vec();
        put_length(&mut body, self.names.len());
        self.names.iter().for_each(|name| put_text(&mut body, name));
        put_length(&mut body, self.sent.len());
        self.sent.iter().for_each(|at| put_length(&mut body, *at));
        body
    }
}

/// Puts a length; what is longer than four bytes can say is longer than a frame, which is refused where it is written.
pub fn put_length(body: &mut Vec<u8>, length: usize) {
    body.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

pub fn put_text(body: &mut Vec<u8>, text: &str) {
    put_length(body, text.len());
    body.extend(text.as_bytes());
}

/// Bytes of a frame, taken from its front.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], Garbled> {
        let (front, rest) = self.0.split_first_chunk().ok_or(CUT)?;
        self.0 = rest;
        Ok(*front)
    }

    pub fn u32(&mut self) -> Result<u32, Garbled> {
        self.take().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Garbled> {
        self.take().map(u64::from_le_bytes)
    }

    pub fn text(&mut self) -> Result<&'a str, Garbled> {
        let length = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        let (front, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        std::str::from_utf8(front).map_err(|_| Garbled("text that is no UTF-8"))
    }
}

/// Frames on their way out.
#[derive(Debug)]
pub struct Frames<W> {
    out: W,
}

impl<W: Write> Frames<W> {
    pub fn new(out: W) -> Self {
        Self { out }
    }

    fn write(&mut self, kind: FrameKind, at: u64, body: &[u8]) -> io::Result<()> {
        if body.len() > FRAME_BYTES_MAX {
            return Err(io::Error::other("a frame of more than 4 MiB"));
        }
        let mut head = vec![kind.byte()];
        head.extend(at.to_le_bytes());
        put_length(&mut head, body.len());
        self.out.write_all(&head)?;
        self.out.write_all(body)
    }

    /// The columns, before any row. Says whether they fit into a frame.
    pub fn columns(&mut self, names: &Names) -> io::Result<bool> {
        let body = names.write();
        let fits = body.len() <= FRAME_BYTES_MAX;
        if fits {
            self.write(FrameKind::Columns, 0, &body)?;
        }
        Ok(fits)
    }

    pub fn text(&mut self, at: u64, text: &[u8]) -> io::Result<()> {
        self.write(FrameKind::Text, at, text)
    }

    pub fn rows(&mut self, at: u64, rows: &[u8]) -> io::Result<()> {
        self.write(FrameKind::Rows, at, rows)
    }

    pub fn refusal(&mut self, refusal: &Refusal) -> io::Result<()> {
        let body = serde_json::to_vec(refusal).map_err(io::Error::other)?;
        self.write(FrameKind::Refusal, 0, &body)
    }

    pub fn end(&mut self) -> io::Result<()> {
        self.write(FrameKind::End, 0, &[])?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            rows: Some(7),
            names: vec!["id".to_owned(), "däy".to_owned(), "x".to_owned()],
            sent: vec![0, 2],
        }
    }

    #[test]
    fn columns_come_out_as_they_went_in() {
        let mut frames = Frames::new(Vec::new());
        assert!(frames.columns(&names()).expect("memory"));
        frames.end().expect("memory");
        let mut out = frames.out.as_slice();
        let frame = read_frame(&mut out).expect("whole").expect("a frame");
        assert_eq!(frame.kind, FrameKind::Columns);
        assert_eq!(Names::read(&frame.body), Ok(names()));
        let end = read_frame(&mut out).expect("whole").expect("a frame");
        assert_eq!(end.kind, FrameKind::End);
        assert!(read_frame(&mut out).expect("whole").is_none());
    }

    #[test]
    fn columns_cut_anywhere_or_out_of_order_are_garbled() {
        let whole = names().write();
        for cut in 0..whole.len() {
            assert_eq!(Names::read(&whole[..cut]), Err(CUT), "{cut}");
        }
        let longer = [whole.as_slice(), &[0]].concat();
        assert_eq!(
            Names::read(&longer),
            Err(Garbled("a frame that is too long"))
        );
        for sent in [vec![2, 0], vec![1, 1], vec![3]] {
            let names = Names { sent, ..names() };
            assert_eq!(
                Names::read(&names.write()),
                Err(Garbled("columns in no order"))
            );
        }
    }

    #[test]
    fn a_vast_promise_costs_nothing() {
        // So many columns that the count alone would take gigabytes.
        let mut body = [0xff; 8].to_vec();
        body.extend(u32::MAX.to_le_bytes());
        assert_eq!(Names::read(&body), Err(CUT));
    }
}
