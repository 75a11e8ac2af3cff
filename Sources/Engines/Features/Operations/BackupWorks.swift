import Kernel

/// How this installation is backed up and how a backup is proved; what App hands to the pages.
package struct BackupWorks: Sendable {
    /// What a run has to say.
    package struct Outcome: Sendable {
        package var isGood: Bool
        /// The last lines that were printed.
        package var message: String
        /// Of the backup; nil where it is not known.
        package var bytes: Int64?

        package init(isGood: Bool, message: String, bytes: Int64? = nil) {
            self.isGood = isGood
            self.message = message
            self.bytes = bytes
        }
    }

    /// Writes a backup into a folder.
    package let backup: @Sendable (_ folder: String) async throws -> Outcome
    /// Restores a backup into a scratch place and verifies everything; the database is an empty one for a backup of PostgreSQL.
    package let drill: @Sendable (_ folder: String, _ database: String?) async throws -> Outcome
    /// Removes old backups of a folder's parent, all but so many of the newest.
    package let thin: @Sendable (_ parent: String, _ copies: Int) throws -> Void
    /// The code by which a backup may be restored until a moment, for an approved request.
    package let approve: @Sendable (_ folder: String, _ request: Int64, _ until: Moment) async throws -> String

    package init(
        backup: @escaping @Sendable (_ folder: String) async throws -> Outcome, drill: @escaping @Sendable (_ folder: String, _ database: String?) async throws -> Outcome,
        thin: @escaping @Sendable (_ parent: String, _ copies: Int) throws -> Void,
        approve: @escaping @Sendable (_ folder: String, _ request: Int64, _ until: Moment) async throws -> String = { _, _, _ in
            throw Failure(.unavailable, "JW-O005", "本程序不能批准恢复")
        }
    ) {
        self.backup = backup
        self.drill = drill
        self.thin = thin
        self.approve = approve
    }
}
