import Features
import Identity
import Kernel
import Ledgers
import Storage

/// What officers leave in the field: check-ins, positions, a log of the day, tasks.
enum FieldTables {
    static let all: [Table] = [checkins, positions, logs, tasks]

    /// One row is one check-in.
    static let checkins = Table(
        "field_checkins",
        columns: [
            Column("user_id", .integer, required: true), Column("user_name", .text, required: true), Column("org", .integer), Column("area", .text),
            Column("kind", .text, required: true),
            Column("subject", .integer), Column("matter", .text, required: true), Column("at", .integer, required: true), Column("longitude", .real), Column("latitude", .real),
        ], indexes: [Index("user_id", "at"), Index("area", "at"), Index("at")])

    /// One row is where one officer was; while one of the officer's pages is open.
    static let positions = Table(
        "field_positions", key: ["user_id", "at"],
        columns: [
            Column("user_id", .integer, required: true), Column("at", .integer, required: true), Column("longitude", .real, required: true),
            Column("latitude", .real, required: true),
        ],
        indexes: [Index("at")], isClustered: true)

    /// One row is what one officer wrote of one day.
    static let logs = Table(
        "field_logs",
        columns: [
            Column("user_id", .integer, required: true), Column("user_name", .text, required: true), Column("org", .integer), Column("area", .text),
            Column("day", .integer, required: true),
            Column("content", .text, required: true), Column("at", .integer, required: true),
        ], indexes: [Index("user_id", "day"), Index("area", "day")])

    /// One row is what lists ask of one task.
    static let tasks = Table(
        "field_tasks", key: ["case_id"],
        columns: [
            Column("case_id", .integer, required: true), Column("urgency", .text, required: true), Column("due_at", .integer, required: true), Column("assignee", .integer),
            Column("assignee_name", .text), Column("done_at", .integer), Column("done_record", .text), Column("is_late", .integer, required: true, fallback: .int(0)),
        ], indexes: [Index("assignee")], isClustered: true)
}

/// B1.3.6、B2.2.6 工作签到: one row is one check-in of one officer.
package enum Attendance {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.6", name: "fieldCheckin", title: "签到记录", titleEN: "Check-ins", group: EnforcementArea.inspection, ownedBy: .authority, titleField: "userName",
        sortedBy: [LedgerDeclaration.Sort("at", descending: true)], isReadOnly: true, timeField: "at",
        view: """
            SELECT f.id, f.org, f.area, 1 AS version, f.at AS created_at, f.user_id AS created_by, f.at AS updated_at, f.user_id AS updated_by, NULLIF(f.id, f.id) AS deleted_at, f.user_name,
                f.kind, f.at, s.name AS subject_name, f.matter, f.longitude, f.latitude
            FROM field_checkins f LEFT JOIN transport_subject s ON s.id = f.subject
            """,
        fields: [
            .text("userName", "人员", marks: [.searchable, .filterable]), .code("kind", "类型", from: .checkinKind, marks: [.filterable, .groupable]),
            .moment("at", "时间", marks: [.filterable, .sortable]), .text("subjectName", "主体", length: 0...100, marks: [.searchable]),
            .text("matter", "办理事项", length: 0...200, marks: [.searchable]),
            .decimal("longitude", "经度", places: 6, -180...180, marks: [.unlisted]), .decimal("latitude", "纬度", places: 6, -90...90, marks: [.unlisted]),
        ])
}

/// B1.3.5、B2.2.5 工作日志: one row is what one officer wrote of one day.
package enum WorkLog {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.5", name: "fieldLog", title: "工作日志", titleEN: "Work logs", group: EnforcementArea.inspection, ownedBy: .authority, titleField: "userName",
        sortedBy: [LedgerDeclaration.Sort("day", descending: true)], isReadOnly: true, timeField: "day",
        view: """
            SELECT l.id, l.org, l.area, 1 AS version, l.at AS created_at, l.user_id AS created_by, l.at AS updated_at, l.user_id AS updated_by, NULLIF(l.id, l.id) AS deleted_at, l.user_name,
                l.day, l.content
            FROM field_logs l
            """,
        fields: [
            .text("userName", "人员", marks: [.searchable, .filterable]), .day("day", "日期", marks: [.filterable, .sortable]),
            .note("content", "内容", length: 0...2000, marks: [.searchable]),
        ])
}

/// B1.3.3、B2.2.3 任务派单, B1.3.7、B2.2.7 任务反馈: one row is one task with what came of it.
package enum FieldTaskRecord {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.3", name: "fieldTask", title: "任务派单", titleEN: "Tasks", group: EnforcementArea.inspection, ownedBy: .authority, titleField: "title",
        sortedBy: [LedgerDeclaration.Sort("sentAt", descending: true)], isReadOnly: true, timeField: "sentAt",
        view: """
            SELECT c.id, c.org, c.area, c.version, c.started_at AS created_at, c.starter AS created_by, c.started_at AS updated_at, c.starter AS updated_by, NULLIF(c.id, c.id) AS deleted_at,
                c.number, c.title, t.urgency, t.due_at, t.assignee_name, CASE WHEN c.state = 'ended' THEN 'finished' WHEN c.state <> 'running' THEN 'withdrawn' ELSE s.step END AS node,
                c.starter_name, c.started_at AS sent_at, t.done_record, t.done_at, t.is_late
            FROM workflow_cases c JOIN field_tasks t ON t.case_id = c.id
            LEFT JOIN workflow_steps s ON s.id = (SELECT MIN(o.id) FROM workflow_steps o WHERE o.case_id = c.id AND o.state = 'open')
            """,
        fields: [
            .text("number", "任务编号", marks: [.searchable, .sortable]), .text("title", "任务名称", length: 0...100, marks: [.searchable]),
            .code("urgency", "紧急程度", from: .taskUrgency, marks: [.filterable, .groupable]), .moment("dueAt", "要求完成时间", marks: [.filterable, .sortable]),
            .text("assigneeName", "指派人员", marks: [.searchable, .filterable]), .code("node", "状态", from: .taskNode, marks: [.filterable, .groupable]),
            .text("starterName", "派单人", marks: [.searchable, .unlisted]), .moment("sentAt", "派单时间", marks: [.filterable, .sortable]),
            .note("doneRecord", "完成记录", length: 0...2000, marks: [.unlisted]), .moment("doneAt", "完成时间", marks: [.filterable]),
            .bool("isLate", "超期", marks: [.filterable, .groupable]),
        ])

    static let addition = LedgerAdditions(
        ledger.name, rowActions: [LedgerRowAction("办理", "Open", icon: "flow", permission: ledger.readPermission) { "/work/\($0.id)" }],
        listActions: [LedgerListAction("派单", "New task", icon: "plus", path: "/work/new/fieldTask", permission: EnforcementPermission.manage)])
}
