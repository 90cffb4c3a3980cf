//! How a decoder locks itself in.

use std::io;

/// Memory a decoder may take.
const MEMORY_BYTES: u64 = 1_536 << 20;
/// Seconds of the processor that any file may take.
const SECONDS_FREE: u64 = 60;
/// Bytes that give a second more.
const BYTES_A_SECOND: u64 = 1 << 20;

/// Locks this process in, for good: limits of memory, time and handles, no files, no network, no other process.
///
/// What is open stays open. The calling thread is locked in, so call it before any other is started.
///
/// # Errors
/// When the system refuses; nothing may be decoded then.
///
/// # Example
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// trueup_facts::cage::lock(4_096)?;
/// assert!(std::fs::read("/etc/hostname").is_err(), "ended before this");
/// # Ok(()) }
/// ```
pub fn lock(file_bytes: u64) -> io::Result<()> {
    use rlimit::{Resource, setrlimit};
    let seconds = SECONDS_FREE.saturating_add(file_bytes / BYTES_A_SECOND);
    let limits = [
        (Resource::AS, MEMORY_BYTES, MEMORY_BYTES),
        // The soft limit ends it with a signal that says why; the hard one if it did not heed that.
        (Resource::CPU, seconds, seconds.saturating_add(1)),
        (Resource::FSIZE, 0, 0),
        (Resource::NOFILE, 16, 16),
        (Resource::CORE, 0, 0),
    ];
    for (resource, soft, hard) in limits {
        setrlimit(resource, soft, hard)?;
    }
    system::lock()
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeMap;
    use std::io;

    use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, Scope};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    /// No file and no network as far as this kernel knows how, and a handful of system calls on any.
    pub fn lock() -> io::Result<()> {
        let ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V6))
            .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V6)))
            .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
            .and_then(|ruleset| ruleset.create())
            .and_then(|ruleset| ruleset.restrict_self());
        ruleset.map_err(io::Error::other)?;
        let program: BpfProgram = filter()
            .and_then(BpfProgram::try_from)
            .map_err(io::Error::other)?;
        seccompiler::apply_filter(&program).map_err(io::Error::other)
    }

    /// What a decoder needs of the system, and nothing else; whatever else it calls ends it.
    fn filter() -> Result<SeccompFilter, seccompiler::BackendError> {
        let argument = |at: u8, op: SeccompCmpOp, value: i32| {
            let value = u64::from(value.unsigned_abs());
            SeccompCondition::new(at, SeccompCmpArgLen::Dword, op, value)
                .and_then(|condition| SeccompRule::new(vec![condition]))
        };
        let not_executable = || {
            argument(
                2,
                SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.unsigned_abs())),
                0,
            )
        };
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        let plain = [
            // Reading the file, writing frames.
            libc::SYS_read,
            libc::SYS_pread64,
            libc::SYS_readv,
            libc::SYS_write,
            libc::SYS_writev,
            libc::SYS_lseek,
            libc::SYS_fstat,
            libc::SYS_newfstatat,
            libc::SYS_statx,
            libc::SYS_close,
            // Memory.
            libc::SYS_brk,
            libc::SYS_munmap,
            libc::SYS_mremap,
            libc::SYS_madvise,
            // The allocator counts processors before it gives up.
            libc::SYS_sched_getaffinity,
            // What the language does by itself.
            libc::SYS_futex,
            libc::SYS_getrandom,
            libc::SYS_clock_gettime,
            libc::SYS_sigaltstack,
            libc::SYS_rt_sigaction,
            libc::SYS_rt_sigprocmask,
            libc::SYS_rt_sigreturn,
            libc::SYS_sched_yield,
            libc::SYS_getpid,
            libc::SYS_gettid,
            libc::SYS_exit,
            libc::SYS_exit_group,
        ];
        for call in plain {
            rules.insert(call, Vec::new());
        }
        rules.insert(libc::SYS_mmap, vec![not_executable()?]);
        rules.insert(libc::SYS_mprotect, vec![not_executable()?]);
        rules.insert(
            libc::SYS_fcntl,
            vec![
                argument(1, SeccompCmpOp::Eq, libc::F_DUPFD_CLOEXEC)?,
                argument(1, SeccompCmpOp::Eq, libc::F_GETFD)?,
            ],
        );
        // Giving up when memory does.
        rules.insert(
            libc::SYS_tgkill,
            vec![argument(2, SeccompCmpOp::Eq, libc::SIGABRT)?],
        );
        let architecture = std::env::consts::ARCH.try_into()?;
        SeccompFilter::new(
            rules,
            SeccompAction::KillProcess,
            SeccompAction::Allow,
            architecture,
        )
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// Elsewhere the limits are all there is: the decoder is a process apart, and no more.
    pub fn lock() -> std::io::Result<()> {
        Ok(())
    }
}
