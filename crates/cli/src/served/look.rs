//! A look at a program: its rooms, and what the journal and the books say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_books::{Account, Booked};
use trueup_facts::program::state_folder;
use trueup_server::Refused;
use trueup_server::wire::{Line, Statement};
use trueup_store::Balance;

use crate::args::{ProgramArgs, ScopeArgs};
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::locked::{Basis, Standing};
use crate::notes;
use crate::record::{self, Record};
use crate::runs::{self, Again};
use crate::seals::OnRecord;
use crate::seen::Seen;

use super::overview::Wide;
use super::room::{Room, Sum};

/// What tells one state of a program from another without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Every text that was read, and every file of the folders that texts are read from.
    files: BTreeMap<String, (Option<SystemTime>, u64)>,
    /// Every table's log, by how many entries it has.
    logs: BTreeMap<String, usize>,
    /// How many acts there are.
    acts: Option<u64>,
}

impl Fingerprint {
    /// Of a program; `before` says which texts it was read from.
    pub fn of(program: &Path, before: Option<&Look>) -> Self {
        let mut files = BTreeMap::new();
        let mut add = |name: String, path: &Path| {
            let found = fs::metadata(path);
            let told = found.map_or((None, 0), |meta| (meta.modified().ok(), meta.len()));
            files.insert(name, told);
        };
        add("program.yaml".to_owned(), &program.join("program.yaml"));
        for below in ["plans", "agreements"] {
            for entry in listed(&program.join(below)) {
                add(
                    format!("{below}/{entry}"),
                    &program.join(below).join(&entry),
                );
            }
        }
        let read = before.map(|look| &look.open.basis.folder.texts);
        for text in read.into_iter().flat_map(BTreeMap::keys) {
            add(text.clone(), &program.join(text));
        }
        let facts = state_folder(program).join("facts");
        let logs = listed(&facts).into_iter().map(|kind| {
            let log = facts.join(&kind).join("_delta_log");
            (kind, listed(&log).len())
        });
        Self {
            files,
            logs: logs.collect(),
            acts: before.and_then(Look::acts).or_else(|| acts(program)),
        }
    }
}

fn listed(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

fn acts(program: &Path) -> Option<u64> {
    let record = Record::if_opened(program).ok()??;
    record.acts_of(&[]).ok().map(|(_, acts)| acts)
}

/// What a program says at a moment.
pub struct Look {
    /// The rooms of closed periods, the earliest first.
    closed: Vec<Arc<Room>>,
    /// The run and the days of each of them.
    closings: Vec<(String, Date, Option<Date>)>,
    /// The room of what is open.
    pub open: Arc<Room>,
    /// What is asked about everybody.
    pub wide: Wide,
    /// What people decided.
    pub on_record: OnRecord,
    /// The journal; none where it was not opened.
    pub record: Option<Record>,
    /// What each account comes to, by partner.
    pub balances: BTreeMap<String, Vec<Balance>>,
    /// What something was posted for: partner, plan, component and the settlement's last day.
    posted: BTreeSet<(String, String, String, String)>,
}

impl Look {
    /// Looks; what did not change since a look before is not worked out again.
    pub fn of(program: &Path, before: Option<&Self>) -> Result<Self, Failure> {
        record::facts(program)?;
        let record = Record::if_opened(program)?;
        let on_record = match &record {
            Some(record) => OnRecord::of(record)?,
            None => OnRecord::default(),
        };
        let closed_on = on_record.periods.closed_on();
        let (closed, closings) = closed_rooms(program, &on_record, before)?;
        let (booked, closed_booked, balances) = match &record {
            None => (Booked::new(), Booked::new(), Vec::new()),
            Some(record) => record.wait("reading the books", async |database| {
                let until = closed_on.unwrap_or(Date::MIN);
                Ok((
                    database.booked().await?,
                    database.booked_until(until).await?,
                    database.balances().await?,
                ))
            })?,
        };
        let mut by_partner: BTreeMap<PartnerId, Booked> = BTreeMap::new();
        for ((account, key), units) in closed_booked {
            let own = by_partner.entry(key.partner.clone()).or_default();
            own.insert((account, key), units);
        }
        let basis = Arc::new(now(program, closed_on)?);
        let open = Room::open(basis.clone(), by_partner)?;
        let wide = Wide::of(&closed, basis)?;
        let mut all: BTreeMap<String, Vec<Balance>> = BTreeMap::new();
        for balance in balances {
            let own = all.entry(balance.partner.clone()).or_default();
            own.push(balance);
        }
        let posted = booked
            .keys()
            .filter(|(account, _)| *account == Account::Expense)
            .map(|(_, key)| {
                (
                    key.partner.to_string(),
                    key.plan.clone(),
                    key.component.clone(),
                    key.settled_on.to_string(),
                )
            });
        Ok(Self {
            closed,
            closings,
            open,
            wide,
            on_record,
            balances: all,
            posted: posted.collect(),
            record,
        })
    }

    /// Measures what will be asked for, beside whoever asks already.
    pub fn warm(&self) {
        self.open.warm();
        for room in self.closed.iter().rev() {
            room.warm();
        }
    }

    /// How many acts there are now.
    fn acts(&self) -> Option<u64> {
        let record = self.record.as_ref()?;
        record.acts_of(&[]).ok().map(|(_, acts)| acts)
    }

    /// The room that a statement goes by.
    pub fn room_of(&self, statement: &Statement) -> &Arc<Room> {
        let is_it = |room: &&Arc<Room>| {
            trueup_base::date::parse_date(&statement.ends_on)
                .is_ok_and(|last| room.basis.holds(last))
        };
        self.closed.iter().find(is_it).unwrap_or(&self.open)
    }

    /// A partner's statements, the earliest first, each by what its period goes by.
    pub fn statements(&self, partner: &str) -> Result<Vec<Arc<Statement>>, Refused> {
        let mut all = Vec::new();
        for room in self.closed.iter().chain([&self.open]) {
            // A partner that joined later is in no closed room.
            let is_there =
                |matched: &crate::agreements::Matched| matched.listed.id.as_str() == partner;
            if room.basis.folder.matched.iter().any(is_there) {
                all.extend(room.statements(partner)?.iter().cloned());
            }
        }
        Ok(all)
    }

    /// The program as what was closed last goes by it; as it is now, where nothing is closed.
    pub fn agreed(&self) -> &Folder {
        let last = self.closed.last().unwrap_or(&self.open);
        &last.basis.folder
    }

    /// Whether something was posted for a line.
    pub fn is_posted(&self, partner: &str, line: &Line) -> bool {
        self.posted.contains(&(
            partner.to_owned(),
            line.plan.clone(),
            line.component.clone(),
            line.settled_on.clone(),
        ))
    }

    /// How a partner is paid, in words; none where no profile counts.
    pub fn route_of(&self, partner: &str) -> Option<String> {
        let id = PartnerId::new(partner).ok()?;
        let profile = self.on_record.payouts.profile(&id)?;
        Some(profile.says.route.word().replace('_', " "))
    }
}

/// What is open, by the facts and texts as they are now.
fn now(program: &Path, closed_on: Option<Date>) -> Result<Basis, Failure> {
    let folder = folder::open(program)?;
    let args = ScopeArgs::of(
        ProgramArgs {
            program: program.to_owned(),
        },
        None,
        None,
    );
    let seen = Seen::as_folded(&args, &folder)?;
    let late = notes::late(&folder, &seen.facts)?;
    Ok(Basis {
        folder,
        seen: Seen { late, ..seen },
        standing: closed_on.map_or(Standing::Unsaid, |_| Standing::Open),
        after: closed_on,
        until: None,
        booked: Booked::new(),
        run: None,
    })
}

type Rooms = (Vec<Arc<Room>>, Vec<(String, Date, Option<Date>)>);

/// The rooms of closed periods: those of before where they go by the same run and days.
fn closed_rooms(
    program: &Path,
    on_record: &OnRecord,
    before: Option<&Look>,
) -> Result<Rooms, Failure> {
    let (mut rooms, mut closings) = (Vec::new(), Vec::new());
    let mut after = None;
    for closing in &on_record.periods.closings {
        let until = closing.until;
        let named = (closing.run.clone(), until, after);
        let known = before.and_then(|look| {
            let at = look.closings.iter().position(|known| *known == named)?;
            look.closed.get(at).cloned()
        });
        rooms.push(match known {
            Some(room) => room,
            None => {
                let Again {
                    folder,
                    facts,
                    lines,
                    ..
                } = runs::again(program, &closing.run)?;
                let basis = Basis::of_closing(closing, after, (folder, facts));
                let sums = lines.iter().filter_map(Sum::of_kept);
                let sums = sums.filter(|one| basis.holds(one.settled_on)).collect();
                let room = Room::open(Arc::new(basis), BTreeMap::new())?;
                room.told_everyone(sums);
                room
            }
        });
        closings.push(named);
        after = Some(until);
    }
    Ok((rooms, closings))
}
