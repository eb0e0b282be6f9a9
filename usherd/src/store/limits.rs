//! How much of the audit log is kept.

/// How long and how large the audit log may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLimits {
    /// Records older than this many days are removed.
    pub days: u32,
    /// The oldest records are removed while the log has more than this many bytes.
    pub bytes: u64,
}

impl Default for AuditLimits {
    fn default() -> Self {
        AuditLimits { days: 400, bytes: 64 << 20 }
    }
}
