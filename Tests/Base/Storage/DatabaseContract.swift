import Kernel
import Storage
import StorageSQLite
import TestDatabases
import Testing

/// What every database must keep; run on each one that is there.
struct DatabaseUnderTest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let open: @Sendable () async throws -> any Database

    /// An empty database with the tables `notes` and `figures`.
    func opened() async throws -> any Database {
        let database = try await open()
        try await database.create([ContractTables.notes, ContractTables.figures])
        return database
    }

    static let all: [DatabaseUnderTest] = [
        DatabaseUnderTest(testDescription: "SQLite") { try SQLiteDatabase.temporary() },
        DatabaseUnderTest(testDescription: "PostgreSQL") { try await TestDatabase.postgres() },
    ]
}

enum ContractTables {
    static let notes = Table(
        "notes",
        columns: [Column("title", .text, required: true), Column("weight", .real), Column("body", .blob), Column("created_at", .integer, required: true, fallback: .int(0))],
        indexes: [Index("title", unique: true), Index("created_at", where: "weight IS NOT NULL")]
    )
    static let figures = Table(
        "figures", key: ["place", "day"], columns: [Column("place", .text), Column("day", .integer), Column("sum", .real, required: true)], isClustered: true)
}
