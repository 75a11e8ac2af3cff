import Identity
import Kernel
import Storage

/// The lists of one person.
package enum WorkBox: String, Sendable, CaseIterable {
    case todo, done, copies, started, all

    package var title: String {
        switch self {
        case .todo: "待办"
        case .done: "已办"
        case .copies: "抄送我的"
        case .started: "我发起的"
        case .all: "全部事项"
        }
    }

    package var titleEN: String {
        switch self {
        case .todo: "To do"
        case .done: "Done"
        case .copies: "Copies"
        case .started: "Started"
        case .all: "All"
        }
    }
}

/// What a list is narrowed to.
package struct WorkQuery: Sendable, Equatable {
    package enum Sort: String, Sendable, CaseIterable { case newest, oldest, due }

    package var box: WorkBox
    /// Number, title, organisation or starter.
    package var keyword: String?
    package var workflow: String?
    package var state: WorkflowCase.State?
    package var isOverdue = false
    package var from: Day?
    package var to: Day?
    package var sort = Sort.newest
    package var offset = 0
    package var limit = 20

    package init(_ box: WorkBox) { self.box = box }
}

/// One line of a list: the case, and the step where it stands (for to-dos the one to act on).
package struct WorkLine: Sendable, Equatable {
    package var item: WorkflowCase
    package var step: WorkflowStepRecord?
    package var isUnread: Bool
}

/// One page of a list.
package struct WorkPage: Sendable, Equatable {
    package var lines: [WorkLine]
    /// Up to 10,000; beyond it `isFloor`.
    package var total: Int
    package var isFloor: Bool
}

extension WorkflowEngine {
    /// One page of somebody's list: two queries.
    package func list(_ query: WorkQuery, by principal: Principal, in reader: any Reader) throws -> WorkPage {
        let source = try source(query, by: principal)
        let order: SQL =
            switch query.sort {
            case .newest: "\(source.order) DESC"
            case .oldest: source.order
            case .due: "CASE WHEN \(source.due) IS NULL THEN 1 ELSE 0 END, \(source.due), \(source.order)"
            }
        let total = try reader.count("SELECT COUNT(*) FROM (\(source.counted) LIMIT \(Self.mostCounted + 1)) AS few")
        let condition = total > Self.mostCounted ? source.conditionOfMany ?? source.condition : source.condition
        let rows = try reader.rows(
            """
            SELECT \(WorkflowCase.columns), s.id AS step_id, s.step, s.title AS step_title, s.opened_at, s.due_at AS step_due, s.version AS step_version, \(source.unread) AS is_unread
            FROM \(source.tables) WHERE \(condition) ORDER BY \(order) LIMIT \(min(max(query.limit, 1), 200)) OFFSET \(max(query.offset, 0))
            """)
        let lines = try rows.map { row in WorkLine(item: try WorkflowCase(row), step: Self.step(row), isUnread: row.bool("is_unread")) }
        return WorkPage(lines: lines, total: min(total, Self.mostCounted), isFloor: total > Self.mostCounted)
    }

    private static let mostCounted = 10_000

    private static func step(_ row: Row) -> WorkflowStepRecord? {
        guard let id = row.int("step_id") else { return nil }
        let columns = RowColumns([
            "id", "case_id", "step", "title", "state", "opened_at", "due_at", "done_at", "was_late", "by_id", "by_name", "by_org", "action", "alarms", "version",
        ])
        return WorkflowStepRecord(
            Row(
                columns: columns,
                values: [
                    .int(id), row["id"], row["step"], row["step_title"], .text("open"), row["opened_at"], row["step_due"], .null, .int(0), .null, .null, .null, .null, .int(0),
                    row["step_version"],
                ]))
    }

    private struct Source {
        var tables: SQL
        var condition: SQL
        var order: SQL
        var due: SQL = "s.due_at"
        var unread: SQL = "0"
        /// Used where there is more than is counted: walks along the order and stops at the page's end, instead of gathering everything first.
        var conditionOfMany: SQL?
        var countedBy: SQL?

        var counted: SQL { countedBy ?? "SELECT 1 FROM \(tables) WHERE \(condition)" }
    }

    private func source(_ query: WorkQuery, by principal: Principal) throws -> Source {
        // The step where a case stands: of parallel ones the first.
        let standing: SQL = "LEFT JOIN workflow_steps s ON s.id = (SELECT MIN(o.id) FROM workflow_steps o WHERE o.case_id = c.id AND o.state = 'open')"
        let conditions = filters(query)
        func tied(_ tie: String) -> Source {
            Source(
                tables: "workflow_people p JOIN workflow_cases c ON c.id = p.case_id \(standing)",
                condition: .all(of: ["p.user_id = \(principal.id) AND p.tie = \(tie)"] + conditions), order: "p.case_id",
                unread: tie == "copy" ? "CASE WHEN p.read_at IS NULL THEN 1 ELSE 0 END" : "0")
        }
        switch query.box {
        case .todo:
            let tables: SQL = "workflow_steps s JOIN workflow_cases c ON c.id = s.case_id"
            let rest: [SQL] = ["s.state = 'open'", taskOnly] + conditions
            let mine: SQL = "i.state = 'open' AND \(mine(principal))"
            return Source(
                tables: tables, condition: .all(of: ["s.id IN (SELECT i.step_id FROM workflow_items i WHERE \(mine))"] + rest), order: "s.id",
                conditionOfMany: .all(of: ["EXISTS (SELECT 1 FROM workflow_items i WHERE i.step_id = s.id AND \(mine))"] + rest),
                countedBy: """
                    SELECT DISTINCT i.step_id FROM workflow_items i JOIN workflow_steps s ON s.id = i.step_id JOIN workflow_cases c ON c.id = s.case_id
                    WHERE \(.all(of: [mine] + rest))
                    """)
        case .done: return tied("done")
        case .started: return tied("starter")
        case .copies: return tied("copy")
        case .all:
            try principal.require(WorkflowPermission.read, "查看辖区内的事项")
            return Source(tables: "workflow_cases c \(standing)", condition: .all(of: [principal.scope.condition(org: "c.org", area: "c.area")] + conditions), order: "c.id")
        }
    }

    /// A notice that somebody may appeal against is no work to be done.
    private var taskOnly: SQL {
        let notices = definitions.flatMap { definition in definition.steps.filter { $0.kind == .notice }.map { "\(definition.name)/\($0.name)" } }
        return notices.isEmpty ? "1 = 1" : "s.workflow || '/' || s.step NOT IN (\(list: notices))"
    }

    private func filters(_ query: WorkQuery) -> [SQL] {
        var conditions: [SQL] = []
        if let keyword = query.keyword { conditions.append(.contains(keyword, in: "c.number", "c.title", "c.org_name", "c.starter_name")) }
        if let workflow = query.workflow { conditions.append("c.workflow = \(workflow)") }
        if let state = query.state { conditions.append("c.state = \(state.rawValue)") }
        if query.isOverdue { conditions.append("s.due_at < \(clock.now)") }
        if let from = query.from { conditions.append("c.started_at >= \(from.start)") }
        if let to = query.to { conditions.append("c.started_at < \(to.end)") }
        return conditions
    }

    /// How many to-dos somebody has, counted to 1,000.
    package func todoCount(of principal: Principal, in reader: any Reader) throws -> Int {
        let source = try source(WorkQuery(.todo), by: principal)
        return try reader.count("SELECT COUNT(*) FROM (\(source.counted) LIMIT 1000) AS few")
    }

    /// One case for somebody who may see it: who takes part in it, or holds `workflow.read` and whose scope admits it.
    ///
    /// - Throws: `.notFound` otherwise.
    package func visible(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> WorkflowCase {
        guard let row = try reader.first("SELECT \(WorkflowCase.columns) FROM workflow_cases c WHERE c.id = \(id) AND (\(sight(of: principal)))") else {
            throw Failure.notFound("该事项")
        }
        return try WorkflowCase(row)
    }

    /// Which cases `c` somebody may see.
    func sight(of principal: Principal) -> SQL {
        let tied: SQL = """
            EXISTS (SELECT 1 FROM workflow_people p WHERE p.case_id = c.id AND p.user_id = \(principal.id)) OR EXISTS (SELECT 1 FROM workflow_items i WHERE i.case_id = c.id AND \(mine(principal)))
            """
        let scoped: SQL = principal.may(WorkflowPermission.read) ? principal.scope.condition(org: "c.org", area: "c.area") : "1 = 0"
        return "\(tied) OR \(scoped)"
    }

    /// One case by its number, for the program.
    package func find(_ id: Int64, in reader: any Reader) throws -> WorkflowCase? {
        try reader.first("SELECT \(WorkflowCase.columns) FROM workflow_cases c WHERE c.id = \(id)").map(WorkflowCase.init)
    }

    /// Cases about a thing, newest first.
    package func cases(about subject: WorkflowSubject, in reader: any Reader) throws -> [WorkflowCase] {
        try reader.rows("SELECT \(WorkflowCase.columns) FROM workflow_cases c WHERE c.subject_kind = \(subject.kind) AND c.subject_id = \(subject.id) ORDER BY c.id DESC LIMIT 50")
            .map(WorkflowCase.init)
    }

    /// Every time the case stood at a step, in order.
    package func path(of id: Int64, in reader: any Reader) throws -> [WorkflowStepRecord] {
        try reader.rows("SELECT * FROM workflow_steps WHERE case_id = \(id) ORDER BY id LIMIT 1000").map(WorkflowStepRecord.init)
    }

    /// The timeline, oldest first.
    package func timeline(of id: Int64, in reader: any Reader) throws -> [WorkflowEvent] {
        try reader.rows("SELECT * FROM workflow_events WHERE case_id = \(id) ORDER BY id LIMIT 2000").map(WorkflowEvent.init)
    }

    /// Who may act on the open steps, in words, by step.
    package func holders(of id: Int64, in reader: any Reader) throws -> [Int64: [String]] {
        let rows = try reader.rows(
            """
            SELECT i.step_id, i.who, i.state, i.on_behalf, u.name AS user_name, r.title AS role_title, o.name AS org_name FROM workflow_items i
            LEFT JOIN users u ON i.who = 'u:' || CAST(u.id AS TEXT) LEFT JOIN roles r ON i.who = 'r:' || r.name LEFT JOIN organisations o ON o.id = i.at_org
            WHERE i.case_id = \(id) AND i.state IN ('open', 'waiting', 'done') ORDER BY i.step_id, i.position, i.id
            """)
        return rows.reduce(into: [:]) { all, row in
            let name = row.text("user_name") ?? [row.text("org_name"), row.text("role_title")].compactMap { $0 }.joined(separator: " ")
            let mark = row.text("state") == "done" ? "（已签）" : row.text("state") == "waiting" ? "（待轮到）" : ""
            all[row.int("step_id") ?? 0, default: []].append(name + mark)
        }
    }

    /// Which open steps of a case this person may act on.
    package func ownSteps(of item: WorkflowCase, by principal: Principal, in reader: any Reader) throws -> Set<Int64> {
        guard principal.kind == .user else { return [] }
        return Set(
            try reader.rows("SELECT i.step_id FROM workflow_items i WHERE i.case_id = \(item.id) AND i.state = 'open' AND \(mine(principal))").compactMap { $0.int("step_id") })
    }

    /// How often each counted transition was taken: `step/transition` → times.
    package func uses(of id: Int64, in reader: any Reader) throws -> [String: Int] {
        try reader.rows("SELECT step, action, times FROM workflow_counts WHERE case_id = \(id)").reduce(into: [:]) {
            $0["\($1.text("step") ?? "")/\($1.text("action") ?? "")"] = Int($1.int("times") ?? 0)
        }
    }

    /// A copy was read.
    package func markRead(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute("UPDATE workflow_people SET read_at = \(clock.now) WHERE case_id = \(id) AND user_id = \(principal.id) AND tie = 'copy' AND read_at IS NULL")
    }
}

/// How one step of one workflow is kept up with.
package struct StepStatistics: Sendable, Equatable {
    package var step: String
    package var title: String
    package var open: Int
    package var overdue: Int
    package var done: Int
    package var doneLate: Int
    /// Seconds from opening to done; nil where none is done.
    package var averageSeconds: Double?
}

extension WorkflowEngine {
    /// Time and overdue per step over cases started on these days, in the order of the definition.
    package func statistics(_ name: String, from: Day, to: Day, by principal: Principal, in reader: any Reader) throws -> [StepStatistics] {
        try principal.require(WorkflowPermission.read, "流程统计")
        let definition = try definition(name)
        let rows = try reader.rows(
            """
            SELECT s.step, MAX(s.title) AS title, SUM(CASE WHEN s.state = 'open' THEN 1 ELSE 0 END) AS open_count,
            SUM(CASE WHEN s.state = 'open' AND s.due_at < \(clock.now) THEN 1 ELSE 0 END) AS overdue,
            SUM(CASE WHEN s.state IN ('done', 'returned') THEN 1 ELSE 0 END) AS done_count, SUM(s.was_late) AS late,
            AVG(CASE WHEN s.state IN ('done', 'returned') THEN (s.done_at - s.opened_at) / 1000.0 END) AS seconds
            FROM workflow_steps s JOIN workflow_cases c ON c.id = s.case_id
            WHERE s.workflow = \(name) AND c.started_at >= \(from.start) AND c.started_at < \(to.end) AND \(principal.scope.condition(org: "c.org", area: "c.area")) GROUP BY s.step
            """)
        let order = Dictionary(definition.steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        return rows.map { row in
            StepStatistics(
                step: row.text("step") ?? "", title: row.text("title") ?? "", open: Int(row.int("open_count") ?? 0), overdue: Int(row.int("overdue") ?? 0),
                done: Int(row.int("done_count") ?? 0), doneLate: Int(row.int("late") ?? 0), averageSeconds: row.double("seconds"))
        }.filter { definition.step($0.step)?.kind != .end && definition.step($0.step)?.kind != .automatic }.sorted { (order[$0.step] ?? 999) < (order[$1.step] ?? 999) }
    }

    /// Cases by outcome: running ones under `running`.
    package func outcomes(_ name: String, from: Day, to: Day, by principal: Principal, in reader: any Reader) throws -> [(title: String, count: Int)] {
        try principal.require(WorkflowPermission.read, "流程统计")
        let definition = try definition(name)
        return try reader.rows(
            """
            SELECT c.state, c.outcome, COUNT(*) AS n FROM workflow_cases c WHERE c.workflow = \(name) AND c.started_at >= \(from.start) AND c.started_at < \(to.end)
            AND \(principal.scope.condition(org: "c.org", area: "c.area")) GROUP BY c.state, c.outcome ORDER BY n DESC
            """
        ).map { row in
            let state = row.text("state").flatMap(WorkflowCase.State.init(rawValue:))?.title ?? ""
            return (row.text("outcome").flatMap { definition.step($0)?.title } ?? state, Int(row.int("n") ?? 0))
        }
    }
}
