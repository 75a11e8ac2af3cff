import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Rosters by sheet: the template with a group's shifts and people, and its import.
extension DutyPages {
    func addImport(to routes: Routes) {
        let manage = RoutePermission.named(DutyPermission.manage)
        routes.get("/duty/import", permission: manage) { _, context in try await importForm([], context) }
        routes.post("/duty/import", permission: manage, use: importRoster)
        routes.get("/duty/import/template", permission: manage, use: importTemplate)
    }

    private func importForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let group = try await asked(context)
        let fields = [
            FormField("file", "排班表", .file(accept: ".xlsx,.csv", isMultiple: false), isRequired: true, help: "三列：日期、班次、值班人员；全部正确才会写入", isWide: true)
        ]
        let template: Markup = "<p>\(ActionButton("下载模板", .download("/duty/import/template?group=\(group.id)"), icon: "download", style: .quiet))</p>"
        let form = Form(
            action: "/duty/import?group=\(group.id)", sections: [FormSection(nil, fields)], submit: "导入", cancel: "/duty?group=\(group.id)", findings: findings, context: context)
        return Shell.page(
            "导入排班：\(group.title)", crumbs: [Crumb("值班表", "/duty"), Crumb("导入排班")], active: "/duty", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: Shell.framed("\(template)\(form)", context), context: context)
    }

    /// `POST /duty/import?group=`.
    @Sendable
    func importRoster(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let group = try await asked(context)
        let input = try await request.form(context)
        do {
            guard let file = input.files("file").first, !file.bytes.isEmpty else { throw Failure.invalid([FieldFinding("file", "required", "请选择文件", title: "排班表")]) }
            let count = try await database.write { [engine] tx in try engine.importRoster(try RosterImport.lines(file.bytes), to: group.id, by: principal, in: tx) }
            return Shell.done("已导入 \(count) 人次", to: "/duty?group=\(group.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .tooLarge {
            return try await importForm(failure.fields.isEmpty ? [FieldFinding("file", "format", failure.message, title: "排班表")] : failure.fields, context)
        }
    }

    /// `GET /duty/import/template?group=`: the coming week with the group's first shift and people in turn, to be written over.
    @Sendable
    func importTemplate(request: Request, context: WebContext) async throws -> Response {
        let group = try await asked(context)
        let shifts = try await database.read { [engine] in try engine.groupShifts(group, in: $0) }
        let today = context.site.clock.today
        let rows = (1...7).map { day -> [Cell] in
            let member = group.members.isEmpty ? "" : group.members[day % group.members.count].name
            return [Cell(today.adding(days: day)), Cell(shifts.first?.title ?? ""), Cell(member)]
        }
        return try await SheetAnswer(name: "排班模板-\(group.title.prefix(12))", columns: RosterImport.columns.map { SheetColumn($0) }, rows: rows).response(context, on: database)
    }
}
