import HTTPTypes
import Hummingbird
import Kernel
import Storage
import Web

/// What is done to the rows chosen in a list.
enum BatchPages {
    static let most = 500

    private static func chosen(_ input: FormInput) throws -> [Int64] {
        let ids = input.all("id").flatMap { $0.split(separator: ",") }.compactMap { Int64($0) }
        guard !ids.isEmpty else { throw Failure(.invalid, "JW-L410", "请先勾选要处理的记录") }
        guard ids.count <= most else { throw Failure(.tooLarge, "JW-L411", "一次最多处理 \(most) 条") }
        return ids
    }

    @Sendable
    static func askDelete(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        try form(desk, chosen(try await request.form(desk.context)), findings: [])
    }

    private static func form(_ desk: LedgerDesk, _ ids: [Int64], findings: [FieldFinding]) throws -> Response {
        var context = desk.context
        // The button of the table asks for a page; its answer belongs into the dialog.
        if context.isPartial { context.partialTarget = "dialog" }
        let fields = [
            FormField("id", "", .hidden, value: ids.map(String.init).joined(separator: ",")),
            FormField("reason", context.text("删除原因", "Reason"), .textArea(rows: 3), isRequired: true, help: "将记入每条记录的历史", maxLength: 200, isWide: true),
        ]
        let form = Form(
            action: "\(desk.path)/batch/delete/confirm", sections: [FormSection(nil, fields)], submit: context.text("确认删除 \(ids.count) 条", "Delete \(ids.count)"),
            cancel: desk.path, findings: findings,
            context: context)
        var response = Shell.page(
            context.text("删除所选记录", "Delete chosen"), crumbs: [Crumb(desk.title, desk.path), Crumb("删除所选记录")], active: desk.path,
            status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Notice(.orange, "将删除所选的 <strong>\(ids.count)</strong> 条\(desk.ledger.title)，删除后可在“已删除”中恢复。"))\(form)", context: context)
        if context.isPartial {
            response.headers[.hxRetarget] = "#dialog"
            response.headers[.hxReswap] = "innerHTML"
        }
        return response
    }

    @Sendable
    static func delete(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let input = try await request.form(desk.context)
        let ids = try chosen(input)
        guard let reason = input["reason"] else { return try form(desk, ids, findings: [FieldFinding("reason", "required", "请填写删除原因", title: "删除原因")]) }
        try await desk.database.write { transaction in
            for id in ids { try desk.engine.delete(desk.ledger.name, id: id, reason: reason, by: desk.principal, origin: .person, in: transaction) }
        }
        return Shell.done(desk.context.text("已删除 \(ids.count) 条", "\(ids.count) deleted"), to: desk.path, context: desk.context)
    }

    @Sendable
    static func export(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let ids = try chosen(try await request.form(desk.context))
        let path = PageAddress("\(desk.path)/export/file", ["ids": ids.map(String.init).joined(separator: ","), "format": "xlsx"]).text
        return .leave(to: path, desk.context)
    }
}
