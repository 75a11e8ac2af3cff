import Storage

/// The numbered migrations of this program, oldest first. `jianwei admin migration` writes the next one for review when a declaration changes; a shipped one never changes.
enum Migrations {
    static func all(declared: [Table]) -> [Migration] { [Migration("0001-first", SchemaDiff.steps(from: [], to: declared))] }
}
