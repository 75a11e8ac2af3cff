import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 保存为视图: the current filters, sorting and columns under a name, for oneself or for everyone who may read the ledger.
enum SavedViewPages {
    @Sendable
    static func ask(_ request: Request, _ desk: LedgerDesk) async throws -> Response { form(desk, query: query(desk.context.here), findings: []) }

    private static func query(_ address: PageAddress) -> String {
        let kept = ListAddress.canonical(address).query.filter { !["after", "before", "view"].contains($0.name) }
        return String(PageAddress("", kept).text.dropFirst())
    }

    private static func form(_ desk: LedgerDesk, query: String, title: String = "", findings: [FieldFinding]) -> Response {
        let fields =
            [
                FormField("title", desk.context.text("视图名称", "Name"), .text, value: title, isRequired: true, placeholder: desk.context.text("如：国四及以下在用车辆", ""), maxLength: 40),
                FormField("query", "", .hidden, value: query),
            ] + (desk.may(.write) ? [FormField("shared", "", .check(desk.context.text("共享给所有能查看“\(desk.ledger.title)”的人", "Share with everyone who may read this ledger")))] : [])
        let form = Form(action: "\(desk.path)/views", sections: [FormSection(nil, fields)], cancel: desk.path, findings: findings, context: desk.context)
        return Shell.form(
            desk.context.text("保存为视图", "Save view"), crumbs: [Crumb(desk.title, desk.path), Crumb("保存为视图")], active: desk.path,
            form, context: desk.context)
    }

    @Sendable
    static func save(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let input = try await request.form(desk.context)
        let text = input["query"] ?? ""
        // Whatever came is parsed again, so that no saved view can hold what a list would refuse.
        var query = try desk.query(PageAddress(desk.path, FormEncoding.pairs(Array(text.utf8))))
        query.limit = LedgerQuery(ledger: "").limit
        let (asked, title) = (query, input["title"] ?? "")
        do {
            let id = try await desk.database.write { try desk.engine.saveView(asked, title: title, isShared: input["shared"] == "1", by: desk.principal, in: $0) }
            return Shell.done(desk.context.text("已保存视图“\(title)”", "View saved"), to: "\(desk.path)?\(asked.urlQuery)&view=\(id)", context: desk.context)
        } catch let failure as Failure where failure.kind == .invalid && !failure.fields.isEmpty {
            return form(desk, query: text, title: title, findings: failure.fields)
        }
    }

    @Sendable
    static func remove(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        try await desk.database.write { try desk.engine.deleteView(id, by: desk.principal, in: $0) }
        return Shell.done(desk.context.text("已删除视图", "View deleted"), to: desk.path, context: desk.context)
    }
}
