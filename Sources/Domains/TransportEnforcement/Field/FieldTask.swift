import Features
import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Workflows

/// B1.3.3 任务派单, B1.3.7 任务反馈: a task for one officer, until a moment, with what was done.
package enum FieldTask {
    static let people = "\(EnforcementRole.inspector),\(EnforcementRole.officer)"

    package static let workflow = WorkflowDeclaration(
        id: "B1.3.3", name: "fieldTask", title: "任务派单", titleEN: "Field task", group: EnforcementArea.inspection, numbers: "RW",
        startedBy: [.role(EnforcementRole.leader), .role(.county), .role(.city)],
        form: [
            .text("title", "任务名称", length: 2...60, marks: [.required]), .code("urgency", "紧急程度", from: .taskUrgency, marks: [.required]).fallback("normal"),
            .moment("dueAt", "要求完成时间", marks: [.required]), .text("assignee", "指派给", length: 1...32, marks: [.required]).hint("检查人员或执法人员"),
            .note("content", "任务内容", length: 2...2000, marks: [.required]), .photo("photo", "图片"), .files("files", "其他图片、声音、视频"),
        ],
        titleField: "title", onStart: ["fieldTask.open"], onCancel: [],
        steps: [
            .task(
                "execute", "执行", by: [.named(field: "assignee", role: people)],
                form: [
                    .note("doneRecord", "完成记录", length: 2...2000, marks: [.required]), .photo("donePhoto", "完成照片"), .files("doneFiles", "其他图片、声音、视频"),
                ], within: .workingHours(8), remind: [2], [.on("done", "完成上报", to: "confirm", effects: ["fieldTask.done"])]),
            .task("confirm", "确认", by: [.starter], within: .workingDays(2), [.on("accept", "确认完成", to: "finished"), .on("back", "退回重办", to: "execute", opinion: true)]),
            .end("finished", "已完成"),
        ])

    static func register(on platform: Platform) {
        let workflows = platform.workflows
        workflows.onDeadline(of: workflow.name) { item, step, _ in
            guard step.name == "execute" else { return nil }
            return item.data["dueAt"]?.int.map { .at(Moment(milliseconds: $0)) }
        }
        workflows.onEffect("fieldTask.open") { item, _, tx in
            guard let due = item.data["dueAt"]?.int.map({ Moment(milliseconds: $0) }), due > platform.clock.now else {
                throw Failure.invalid([FieldFinding("dueAt", "range", "不能早于现在", title: "要求完成时间")])
            }
            let user = try tx.first("SELECT id, name FROM users WHERE login = \(item.data["assignee"]?.string ?? "")")
            try tx.execute(
                """
                INSERT INTO field_tasks (case_id, urgency, due_at, assignee, assignee_name, is_late)
                VALUES (\(item.id), \(item.data["urgency"]?.string ?? "normal"), \(due), \(user?.int("id")), \(user?.text("name")), 0)
                """)
        }
        workflows.onEffect("fieldTask.done") { item, _, tx in
            let now = platform.clock.now
            try tx.execute(
                """
                UPDATE field_tasks SET done_at = \(now), done_record = \(item.data["doneRecord"]?.string), is_late = CASE WHEN due_at < \(now) THEN 1 ELSE 0 END WHERE case_id = \(item.id)
                """)
        }
    }
}

/// B1.1.5 流转管理: an item that is not an inspector's to judge goes to the authority, which names another inspector or goes further up.
package enum InspectionTransfer {
    package static let workflow = WorkflowDeclaration(
        id: "B1.1.5", name: "inspectionTransfer", title: "检查流转", titleEN: "Inspection transfer", group: EnforcementArea.inspection, numbers: "LZ", needsSubject: true,
        form: [.note("reason", "流转原因", length: 2...500, marks: [.required]), .photo("photo", "现场照片")], mayWithdraw: true, onStart: ["transfer.open"], onCancel: ["transfer.back"],
        steps: [
            .task(
                "assign", "重新指派", by: [.role(EnforcementRole.leader)], form: [.text("assignee", "指派给", length: 1...32, marks: [.required])], within: .workingHours(8),
                [.on("assign", "指派", to: "assigned", effects: ["transfer.assign"]), .on("upward", "不属本部门，报上级", to: "upper", opinion: true, form: false)]),
            .task(
                "upper", "上级处理", by: [.role(.city)], form: [.text("assignee", "指派给", length: 1...32, marks: [.required])], within: .workingHours(16),
                [
                    .on("assign", "指派", to: "assigned", effects: ["transfer.assign"]),
                    .on("further", "移送更高一级", to: "handedOver", opinion: true, form: false, effects: ["transfer.cancel"]),
                ]),
            .task("assigned", "接收", by: [.named(field: "assignee", role: EnforcementRole.inspector)], within: .workingHours(8), [.on("accept", "接收", to: "accepted")]),
            .end("accepted", "已接收"), .end("handedOver", "已移送"),
        ])

    static func register(on platform: Platform) {
        let workflows = platform.workflows
        @Sendable func set(_ item: WorkflowCase, _ state: String, in tx: any Transaction) throws {
            try tx.execute("UPDATE pending_inspections SET state = \(state) WHERE id = \(item.subject?.id ?? 0) AND done_at IS NULL")
        }
        workflows.onEffect("transfer.open") { item, _, tx in try set(item, "transferred", in: tx) }
        workflows.onEffect("transfer.back") { item, _, tx in try set(item, "open", in: tx) }
        workflows.onEffect("transfer.assign") { item, _, tx in
            let user = try tx.first("SELECT id, name FROM users WHERE login = \(item.data["assignee"]?.string ?? "")")
            try tx.execute(
                """
                UPDATE pending_inspections SET state = 'open', origin = 'transfer', assignee = \(user?.int("id")), assignee_name = \(user?.text("name"))
                WHERE id = \(item.subject?.id ?? 0) AND done_at IS NULL
                """)
        }
        workflows.onEffect("transfer.cancel") { item, _, tx in
            try tx.execute("UPDATE pending_inspections SET state = 'cancelled', done_at = \(platform.clock.now) WHERE id = \(item.subject?.id ?? 0) AND done_at IS NULL")
        }
    }
}
