//! Text unpacked inside the cage: gzip, and the one text in a zip archive.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, Write};

use flate2::bufread::MultiGzDecoder;

use super::child::Undecoded;
use super::frame::Frames;
use super::refusal::Refusal;
use crate::archive::{Archive, Bounds};
use crate::input::GZIP_RATIO_MAX;

/// How many bytes make a frame.
const TEXT_BYTES: usize = 256 << 10;

/// Unpacks gzip, perhaps of several members.
pub fn gzip<W: Write>(file: File, frames: &mut Frames<W>) -> Result<(), Undecoded> {
    let mut raw = BufReader::with_capacity(TEXT_BYTES, file);
    if raw.fill_buf().map_err(Refusal::unreadable)?.is_empty() {
        return Err(Refusal::Empty.into());
    }
    let mut unpacking = MultiGzDecoder::new(raw);
    let mut block = vec![0; TEXT_BYTES];
    loop {
        let read = match unpacking.read(&mut block) {
            Ok(read) => read,
            Err(error) if is_damage(&error) => {
                let what = error.to_string();
                return Err(Refusal::Gzip { what }.into());
            }
            Err(error) => return Err(Refusal::unreadable(error).into()),
        };
        let Some(text) = block.get(..read).filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let at = unpacking
            .get_mut()
            .stream_position()
            .map_err(Refusal::unreadable)?;
        frames.text(at, text).map_err(Undecoded::Gone)?;
    }
}

/// Whether it is the packing that is wrong, and not the world.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
    )
}

/// Unpacks the one text in a zip archive.
pub fn zip<W: Write>(file: File, frames: &mut Frames<W>) -> Result<(), Undecoded> {
    let bounds = Bounds {
        unpacked_max: None,
        ratio_max: GZIP_RATIO_MAX,
    };
    let refused = |what: String| Refusal::Zip { what };
    let mut archive = Archive::open(file, &bounds).map_err(|error| error.into_refusal(refused))?;
    let names = archive.names();
    if names
        .iter()
        .any(|name| name == "[Content_Types].xml" || name == "mimetype")
    {
        return Err(Refusal::Office.into());
    }
    // Folders, and what one system adds for itself, are nobody's facts.
    let is_own = |name: &&String| !name.ends_with('/') && !name.starts_with("__MACOSX/");
    let files: Vec<&String> = names.iter().filter(is_own).collect();
    let [name] = files.as_slice() else {
        let what = format!("it holds {} files where one is expected", files.len());
        return Err(refused(what).into());
    };
    let mut text = archive
        .entry(name)
        .map_err(|error| error.into_refusal(refused))?;
    let (packed, unpacked) = (text.packed(), text.unpacked());
    let mut block = vec![0; TEXT_BYTES];
    let mut given = 0_u64;
    loop {
        let read = text
            .read(&mut block)
            .map_err(|error| refused(error.to_string()))?;
        let Some(stretch) = block.get(..read).filter(|stretch| !stretch.is_empty()) else {
            return Ok(());
        };
        given += read as u64;
        // A share of what it unpacks to stands for a share of the file.
        let at = u128::from(packed) * u128::from(given) / u128::from(unpacked.max(1));
        let at = u64::try_from(at).unwrap_or(packed);
        frames.text(at, stretch).map_err(Undecoded::Gone)?;
    }
}
