//! Facts on disk: one Delta table for each kind, files named by their digest, one commit for each delivery.
//!
//! A delivery is one commit of the log and nothing else: its rows, what became of them, and that it was taken. So it is
//! there whole or not at all, and a second attempt finds the first. A compaction is a commit too, which changes no row. The
//! module never decides about rows.

mod chunk;
mod compaction;
mod delivery;
mod file;
mod shape;
mod table;
mod tables;

pub use chunk::{CHUNK_ROWS, Chunk, in_order, skip_by};
pub use compaction::{COMPACTION_FORM, Compaction, CompactionCommit, Lineage};
pub use delivery::{
    Change, Commit, DELIVERY_FORM, Delivery, FlagAct, FlaggedRow, QuarantineFile, Repair,
    RepairedRow, TallyText,
};
pub use file::{FileWritten, StoredFile, read_file, write_file};
pub use shape::{
    FACT_CONTENT, FACT_FILE, FACT_ID, FACT_RECORDED_ON, FACT_REVISION, FACT_ROW, FACT_SOURCE,
    FACT_WEIGHT, FactColumns, arrow_schema,
};
pub use table::FactTable;
pub(crate) use table::entry_path;
pub use tables::{Lock, Tables};
