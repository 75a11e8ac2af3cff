import Storage

/// The numbered migrations of this program, oldest first. `jianwei admin migration` writes the next one for review when a declaration changes; a shipped one never changes.
enum Migrations {
    static let all: [Migration] = [migration0001, migration0002, migration0005, migration0006, migration0007]
}
