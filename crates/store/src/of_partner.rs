//! What the books hold of one partner.

use sqlx::Row as _;
use trueup_base::id::PartnerId;
use trueup_books::Posting;

use crate::books::posting;
use crate::database::Database;
use crate::fault::StoreFault;
use crate::journal::unsigned;

impl Database {
    /// Every posting of a partner with the number of its batch, in the order of batches and their lines.
    ///
    /// # Errors
    /// When the database fails, or a posting is damaged.
    pub async fn postings_of(
        &self,
        partner: &PartnerId,
    ) -> Result<Vec<(u64, Posting)>, StoreFault> {
        let doing = || StoreFault::sql("reading a partner's postings");
        let mut reading = self.reading().await?;
        let rows = sqlx::query(
            "select account, partner, plan, component, settled_on, falls_on, currency, amount, batch from postings \
             where partner = $1 order by batch, line",
        )
        .bind(partner.as_str().to_owned())
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let mut postings = Vec::with_capacity(rows.len());
        for row in &rows {
            let batch: i64 = row.try_get(8).map_err(doing())?;
            let batch = unsigned(batch);
            postings.push((batch, posting(row, batch)?));
        }
        Ok(postings)
    }
}
