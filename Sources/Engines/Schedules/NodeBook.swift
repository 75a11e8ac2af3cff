import Foundation
import Identity
import Kernel
import Storage

/// B5.1.4 节点, B5.1.5 工作分组: which processes share the database, how they are, and which jobs are done where.
package struct NodeBook: Sendable {
    /// `nodes`: one row is one process; `worker_groups`: nodes that do the same jobs; `job_groups`: jobs that only they do.
    package static let tables: [Table] = [
        Table(
            "nodes", key: ["name"],
            columns: [
                Column("name", .text, required: true), Column("group_name", .text), Column("version", .text, required: true), Column("processors", .integer, required: true),
                Column("load", .real), Column("memory", .integer), Column("started_at", .integer, required: true), Column("seen_at", .integer, required: true),
                Column("stopped_at", .integer),
            ], isClustered: true),
        Table(
            "worker_groups", key: ["name"],
            columns: [
                Column("name", .text, required: true), Column("note", .text, required: true), Column("updated_at", .integer, required: true),
                Column("updated_by_name", .text, required: true),
            ], isClustered: true),
        Table("job_groups", key: ["job"], columns: [Column("job", .text, required: true), Column("group_name", .text, required: true)], isClustered: true),
    ]

    /// How long after its last word a node still counts as there.
    package static let quietSeconds: Int64 = 30

    package struct Node: Sendable, Equatable {
        package enum State: String, Sendable, CaseIterable {
            case running, lost, stopped

            package var title: String {
                switch self {
                case .running: "在线"
                case .lost: "失联"
                case .stopped: "已停止"
                }
            }
        }

        package var name: String
        package var group: String?
        package var version: String
        package var processors: Int
        /// Of the machine, in the last minute.
        package var load: Double?
        /// Bytes of the process.
        package var memory: Int64?
        package var startedAt: Moment
        package var seenAt: Moment
        package var stoppedAt: Moment?

        init(_ row: Row) {
            name = row.text("name") ?? ""
            group = row.text("group_name")
            version = row.text("version") ?? ""
            processors = Int(row.int("processors") ?? 0)
            load = row.double("load")
            memory = row.int("memory")
            startedAt = row.moment("started_at") ?? Moment(milliseconds: 0)
            seenAt = row.moment("seen_at") ?? Moment(milliseconds: 0)
            stoppedAt = row.moment("stopped_at")
        }

        package func state(at now: Moment) -> State { stoppedAt != nil ? .stopped : now < seenAt.adding(seconds: NodeBook.quietSeconds) ? .running : .lost }
    }

    package struct Group: Sendable, Equatable {
        package var name: String
        package var note: String
        package var updatedAt: Moment
        package var updatedBy: String
    }

    package let database: any Database
    package let clock: Clock

    package init(database: any Database, clock: Clock) {
        self.database = database
        self.clock = clock
    }

    // MARK: A node's own words

    /// The first word after the start.
    package func begin(_ name: String, version: String) async throws {
        let now = clock.now, processors = ProcessInfo.processInfo.activeProcessorCount
        try await database.write { tx in
            _ = try tx.execute(
                """
                INSERT INTO nodes (name, version, processors, started_at, seen_at) VALUES (\(name), \(version), \(processors), \(now), \(now))
                ON CONFLICT (name) DO UPDATE SET version = excluded.version, processors = excluded.processors, started_at = excluded.started_at, seen_at = excluded.seen_at, stopped_at = NULL
                """)
        }
    }

    /// Said every ten seconds.
    package func beat(_ name: String) async throws {
        let now = clock.now, machine = MachineState.read()
        try await database.write { tx in
            _ = try tx.execute("UPDATE nodes SET seen_at = \(now), load = \(machine.load), memory = \(machine.ownMemory), stopped_at = NULL WHERE name = \(name)")
        }
    }

    /// The last word of one that stops as it should.
    package func end(_ name: String) async throws {
        let now = clock.now
        try await database.write { tx in _ = try tx.execute("UPDATE nodes SET seen_at = \(now), stopped_at = \(now) WHERE name = \(name)") }
    }

    // MARK: Reading

    package func nodes(_ reader: any Reader) throws -> [Node] { try reader.rows("SELECT * FROM nodes ORDER BY name LIMIT 1000").map { Node($0) } }

    package func groups(_ reader: any Reader) throws -> [Group] {
        try reader.rows("SELECT * FROM worker_groups ORDER BY name LIMIT 200").map { row in
            Group(name: row.text("name") ?? "", note: row.text("note") ?? "", updatedAt: row.moment("updated_at") ?? clock.now, updatedBy: row.text("updated_by_name") ?? "")
        }
    }

    /// Groups by job.
    package func assignments(_ reader: any Reader) throws -> [String: String] {
        Dictionary(
            try reader.rows("SELECT job, group_name FROM job_groups LIMIT 5000").map { ($0.text("job") ?? "", $0.text("group_name") ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    /// Who holds the lease of the scheduler now.
    package func leader(_ reader: any Reader) throws -> String? { try reader.first("SELECT node FROM leases WHERE name = 'scheduler' AND expires_at > \(clock.now)")?.text("node") }

    // MARK: Groups

    /// - Throws: `.invalid` `JW-K422`.
    package func keep(_ name: String, note: String, audit: AuditTrail, by principal: Principal) async throws {
        var findings: [FieldFinding] = []
        if !(1...30).contains(name.count) { findings.append(FieldFinding("name", "length", "须为 1–30 个字", title: "分组名称")) }
        if note.count > 200 { findings.append(FieldFinding("note", "length", "至多 200 个字", title: "说明")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        try await database.write { tx in
            try tx.execute(
                """
                INSERT INTO worker_groups (name, note, updated_at, updated_by_name) VALUES (\(name), \(note), \(now), \(principal.name))
                ON CONFLICT (name) DO UPDATE SET note = excluded.note, updated_at = excluded.updated_at, updated_by_name = excluded.updated_by_name
                """)
            try audit.record(AuditEntry("update", "workerGroup", name, "维护工作分组“\(name)”"), by: principal, in: tx)
        }
    }

    /// Its nodes and jobs go back to the common ones.
    package func remove(_ name: String, audit: AuditTrail, by principal: Principal) async throws {
        try await database.write { tx in
            guard try tx.execute("DELETE FROM worker_groups WHERE name = \(name)") == 1 else { throw Failure.notFound("工作分组") }
            try tx.execute("UPDATE nodes SET group_name = NULL WHERE group_name = \(name)")
            try tx.execute("DELETE FROM job_groups WHERE group_name = \(name)")
            try tx.execute("UPDATE job_runs SET group_name = NULL WHERE group_name = \(name) AND state = 'queued'")
            try audit.record(AuditEntry("delete", "workerGroup", name, "撤销工作分组“\(name)”"), by: principal, in: tx)
        }
    }

    /// - Parameter group: nil for the common one.
    package func place(node: String, in group: String?, audit: AuditTrail, by principal: Principal) async throws {
        try await database.write { tx in
            try Self.require(group, tx)
            guard try tx.execute("UPDATE nodes SET group_name = \(group) WHERE name = \(node)") == 1 else { throw Failure.notFound("节点") }
            try audit.record(AuditEntry("update", "node", node, "节点“\(node)”\(group.map { "编入工作分组“\($0)”" } ?? "移出工作分组")"), by: principal, in: tx)
        }
    }

    package func place(job: String, title: String, in group: String?, audit: AuditTrail, by principal: Principal) async throws {
        try await database.write { tx in
            try Self.require(group, tx)
            try tx.execute("DELETE FROM job_groups WHERE job = \(job)")
            if let group { try tx.execute("INSERT INTO job_groups (job, group_name) VALUES (\(job), \(group))") }
            try audit.record(AuditEntry("update", "job", job, "任务“\(title)”\(group.map { "由工作分组“\($0)”执行" } ?? "由主节点执行")"), by: principal, in: tx)
        }
    }

    private static func require(_ group: String?, _ reader: any Reader) throws {
        guard let group else { return }
        guard try reader.first("SELECT name FROM worker_groups WHERE name = \(group)") != nil else {
            throw Failure.invalid([FieldFinding("group", "reference", "没有此工作分组", title: "工作分组")])
        }
    }

    /// A node that has stopped for good.
    package func forget(_ node: String, audit: AuditTrail, by principal: Principal) async throws {
        let now = clock.now
        try await database.write { tx in
            guard let known = try tx.first("SELECT * FROM nodes WHERE name = \(node)").map({ Node($0) }) else { throw Failure.notFound("节点") }
            guard known.state(at: now) != .running else { throw Failure(.conflict, "JW-J003", "节点在线，不能移除；请先停止该节点") }
            try tx.execute("DELETE FROM nodes WHERE name = \(node)")
            try audit.record(AuditEntry("delete", "node", node, "移除节点“\(node)”"), by: principal, in: tx)
        }
    }
}
