import Kernel

/// Brings a database to the schema this program declares, or says why it will not.
///
/// Refusing is the point: a server that starts on a schema it does not know loses data later and elsewhere.
package struct Migrator: Sendable {
    package let migrations: [Migration]
    private let clock: Clock

    package init(_ migrations: [Migration], clock: Clock = .system) {
        self.migrations = migrations
        self.clock = clock
    }

    /// Where the migrator writes what it has done; never part of the declared tables.
    package static let table = Table(
        "schema_migrations",
        key: ["id"],
        columns: [Column("id", .text), Column("applied_at", .integer, required: true), Column("checksum", .text, required: true)],
        isClustered: true
    )

    /// What the migrations arrive at, worked out without a database; `.run` steps count for nothing.
    package var tables: [Table] { migrations.flatMap(\.steps).reduce(into: []) { tables, step in step.change(&tables) } }

    /// Applies what is missing, each migration in a transaction of its own, then compares with `declared` when that is given.
    ///
    /// - Returns: the ids applied now.
    /// - Throws: `Failure` `.unexpected` `JW-S010` (ids out of order), `JW-S011` (a shipped migration was changed), `JW-S012` (the database is newer than the program),
    ///   `JW-S013` (the schema differs; the cause lists every difference).
    @discardableResult
    package func run(on database: any Database, expecting declared: [Table]? = nil) async throws -> [String] {
        try checkOrder()
        try await database.write { tx in
            guard try !SchemaIntrospection.tableNames(tx).contains(Self.table.name) else { return }
            try tx.apply(.createTable(Self.table))
        }
        let missing = try await pending(on: database)
        for migration in missing {
            try await database.write { [clock] tx in
                // Another node may have been first.
                guard try tx.first("SELECT id FROM schema_migrations WHERE id = \(migration.id)") == nil else { return }
                for step in migration.steps { try tx.apply(step) }
                try tx.execute("INSERT INTO schema_migrations (id, applied_at, checksum) VALUES (\(migration.id), \(clock.now), \(migration.checksum(for: tx.dialect)))")
            }
        }
        if let declared { try await SchemaCheck(declared: declared).require(on: database) }
        return missing.map(\.id)
    }

    /// The migrations that `run` would apply.
    ///
    /// - Throws: as `run`, but for `JW-S013`.
    package func pending(on database: any Database) async throws -> [Migration] {
        try checkOrder()
        let applied = try await database.read { reader -> [(id: String, checksum: String)] in
            guard try SchemaIntrospection.tableNames(reader).contains(Self.table.name) else { return [] }
            return try reader.rows("SELECT id, checksum FROM schema_migrations ORDER BY id").map { ($0.text("id") ?? "", $0.text("checksum") ?? "") }
        }
        for row in applied {
            guard let migration = migrations.first(where: { $0.id == row.id }) else {
                throw Failure(.unexpected, "JW-S012", "数据库版本高于程序版本，请使用新版程序", cause: "unknown migration \(row.id)")
            }
            guard migration.checksum(for: database.dialect) == row.checksum else {
                throw Failure(.unexpected, "JW-S011", "已发布的数据库变更被修改，程序拒绝启动", cause: "migration \(row.id) has another checksum")
            }
        }
        let missing = migrations.filter { migration in !applied.contains { $0.id == migration.id } }
        if let last = applied.last, let early = missing.first(where: { $0.id < last.id }) {
            throw Failure(.unexpected, "JW-S010", "数据库变更编号次序有误，程序拒绝启动", cause: "\(early.id) comes before the applied \(last.id)")
        }
        return missing
    }

    private func checkOrder() throws {
        for (a, b) in zip(migrations, migrations.dropFirst()) where a.id >= b.id {
            throw Failure(.unexpected, "JW-S010", "数据库变更编号次序有误，程序拒绝启动", cause: "\(b.id) does not come after \(a.id)")
        }
    }
}

extension Migration {
    /// FNV-1a of the statements the database is given: a guard against accidents, not against attackers.
    package func checksum(for dialect: Dialect) -> String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for statement in steps.flatMap({ $0.statements(for: dialect) }) {
            for byte in statement.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
            hash = (hash ^ 0xFF) &* 1_099_511_628_211
        }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

extension SchemaStep {
    fileprivate func change(_ tables: inout [Table]) {
        switch self {
        case .createTable(let table): tables.append(table)
        case .addColumn(let name, let column): tables.update(name) { $0.columns.append(column) }
        case .createIndex(let name, let index): tables.update(name) { $0.indexes.append(index) }
        case .dropIndex(let name, let index): tables.update(name) { $0.indexes.removeAll { $0 == index } }
        case .dropTable(let name): tables.removeAll { $0.name == name }
        case .partition(let name, let column): tables.update(name) { $0.partitionedBy = column }
        case .run: break
        }
    }
}

extension [Table] {
    fileprivate mutating func update(_ name: String, _ change: (inout Table) -> Void) {
        guard let index = firstIndex(where: { $0.name == name }) else { return }
        change(&self[index])
    }
}
