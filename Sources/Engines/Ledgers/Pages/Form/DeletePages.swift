import Hummingbird
import Kernel
import Storage
import Web

/// 删除 with a reason, and 恢复. Nothing is removed: a deleted row can be found again and restored.
enum DeletePages {
    @Sendable
    static func ask(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let record = try await desk.record(desk.context.id())
        return try await form(desk, record, findings: [])
    }

    @Sendable
    static func delete(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let input = try await request.form(desk.context)
        let record = try await desk.record(id)
        guard let reason = input["reason"], reason.count <= 200 else {
            return try await form(desk, record, findings: [FieldFinding("reason", "required", "请填写删除原因（200 字以内）", title: "删除原因")])
        }
        try await desk.engine.delete(desk.ledger.name, id: id, reason: reason, by: desk.principal)
        return Shell.done(desk.context.text("已删除，可在“已删除”中恢复", "Deleted"), to: desk.path, context: desk.context)
    }

    @Sendable
    static func restore(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        try await desk.engine.restore(desk.ledger.name, id: id, by: desk.principal)
        return Shell.done(desk.context.text("已恢复", "Restored"), to: desk.path(of: id), context: desk.context)
    }

    private static func form(_ desk: LedgerDesk, _ record: Record, findings: [FieldFinding]) async throws -> Response {
        let name = try await desk.database.read { try desk.face(for: [record], in: $0).name(of: record) }
        let fields = [FormField("reason", desk.context.text("删除原因", "Reason"), .textArea(rows: 3), isRequired: true, help: "将记入历史，供日后核查", maxLength: 200, isWide: true)]
        let form = Form(
            action: "\(desk.path(of: record.id))/delete", sections: [FormSection(nil, fields)], submit: desk.context.text("确认删除", "Delete"), cancel: desk.path(of: record.id),
            findings: findings, context: desk.context)
        let body: Markup = "\(Notice(.orange, "将删除<strong>\(name)</strong>。删除后不再出现在列表与统计中，历史与照片仍然保留。"))\(form)"
        return Shell.page(
            desk.context.text("删除\(desk.ledger.title)", "Delete"), crumbs: [Crumb(desk.title, desk.path), Crumb(name, desk.path(of: record.id)), Crumb("删除")], active: desk.path,
            status: findings.isEmpty ? .ok : .unprocessableContent, body: Shell.framed(body, desk.context), context: desk.context)
    }
}
