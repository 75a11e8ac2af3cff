/// Kinds of messages of this domain; declared with the platform's (`PlatformMessages`).
enum EnforcementMessages {
    /// An inspection whose measure a leader is to decide.
    static let decide = "inspection.decide"
    /// What an inspector is to inspect from today.
    static let due = "inspection.due"
    /// A subject that must stop its business.
    static let stopped = "inspection.stopped"
}
