import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// The right to define ledgers.
package enum LedgerDesignPermission {
    package static let name = LedgerEngine.definitionPermission
    package static let declaration = PermissionDeclaration(name, "台账设计：新建与修改自定义台账", area: "系统管理")
}

/// 台账设计: administrators define ledgers and add fields while the server runs; each is a full ledger with pages, API, import and export at once.
struct LedgerDesigner: Sendable {
    let services: LedgerServices

    func add(to routes: Routes) {
        let permission = RoutePermission.named(LedgerDesignPermission.name)
        routes.get("/designer", permission: permission, use: list)
        routes.get("/designer/new", permission: permission, use: askNew)
        routes.post("/designer/new", permission: permission, use: create)
        routes.get("/designer/{name}", permission: permission, use: show)
        routes.get("/designer/{name}/field", permission: permission, use: askField)
        routes.post("/designer/{name}/field", permission: permission, use: addField)
    }

    private var runtime: [LedgerDeclaration] { services.engine.declarations.filter(\.isRuntime) }

    private func ledger(_ context: WebContext) throws -> LedgerDeclaration {
        guard let ledger = services.engine.declaration(try context.path("name")), ledger.isRuntime else { throw Failure.notFound("该自定义台账") }
        return ledger
    }

    // MARK: Ledgers

    @Sendable
    func list(_ request: Request, _ context: WebContext) async throws -> Response {
        let rows = runtime.map { ledger in
            TableRow(
                id: ledger.name, ["\(ledger.title)", "\(ledger.name)", "\(DesignWords.ownership(ledger.ownedBy))", "\(ledger.fields.count)"], path: "/designer/\(ledger.name)",
                actions: "\(ActionButton(context.text("打开台账", "Open"), .link("/ledgers/\(ledger.name)"), icon: "list", style: .quiet, isIconOnly: true))")
        }
        let columns = [
            Web.Column("title", context.text("名称", "Title")), Web.Column("name", context.text("标识", "Name")), Web.Column("owner", context.text("数据归属", "Owned by")),
            Web.Column("fields", context.text("字段数", "Fields"), align: .end),
        ]
        let add = ActionButton(context.text("新建台账", "New ledger"), .link("/designer/new"), icon: "plus", style: .primary)
        let table = DataTable(
            id: "designs", columns: columns, rows: rows, address: context.here, empty: context.text("还没有自定义台账；系统内置台账不在此列", "No ledgers of your own yet"), emptyAction: "\(add)",
            hasTools: false)
        return Shell.page(
            context.text("台账设计", "Ledger designer"), crumbs: [Crumb(context.text("台账设计", "Ledger designer"))], active: "/designer", actions: "\(add)",
            body: "\(table)", context: context)
    }

    @Sendable
    func askNew(_ request: Request, _ context: WebContext) async throws -> Response { newForm(FormInput(), findings: [], context) }

    private func newForm(_ input: FormInput, findings: [FieldFinding], notice: String? = nil, _ context: WebContext) -> Response {
        let about = [
            FormField("title", context.text("台账名称", "Title"), .text, value: input["title"], isRequired: true, placeholder: "如：应急物资", maxLength: 40),
            FormField(
                "name", context.text("标识", "Name"), .text, value: input["name"], isRequired: true, help: "小写字母开头的英文，用于地址和接口，建立后不能修改", placeholder: "emergencySupply", maxLength: 40),
            FormField("group", context.text("分组", "Group"), .text, value: input["group"] ?? "自定义台账", isRequired: true, maxLength: 20),
            FormField("ownedBy", context.text("数据归属", "Owned by"), .radio(DesignWords.ownerships), value: input["ownedBy"] ?? "enterprise", isRequired: true, isWide: true),
        ]
        let form = Form(
            action: "/designer/new",
            sections: [
                FormSection(context.text("台账", "Ledger"), about), FormSection(context.text("第一个字段（可继续添加）", "First field"), FieldDesign.controls(input, services.engine, context)),
            ],
            submit: context.text("建立台账", "Create"), cancel: "/designer", findings: findings, context: context)
        return page(
            context.text("新建台账", "New ledger"), form, notice: notice, failed: !findings.isEmpty || notice != nil,
            crumbs: [Crumb(context.text("台账设计", "Ledger designer"), "/designer"), Crumb(context.text("新建台账", "New ledger"))], context)
    }

    private func page(_ title: String, _ form: Form, notice: String?, failed: Bool, crumbs: [Crumb], _ context: WebContext) -> Response {
        let warning: Markup = notice.map { "\(Notice(.red, "\($0)"))" } ?? .empty
        return Shell.page(
            title, crumbs: crumbs, active: "/designer", status: failed ? .unprocessableContent : .ok,
            body: Shell.framed("\(warning)\(form)", context), context: context)
    }

    @Sendable
    func create(_ request: Request, _ context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        var findings = ["title", "name", "group"].filter { input[$0] == nil }.map { FieldFinding($0, "required", "不能为空") }
        if let name = input["name"], !DesignWords.isName(name) { findings.append(FieldFinding("name", "format", "应以小写字母开头，只含字母和数字", title: "标识")) }
        if let name = input["name"], services.engine.declaration(name) != nil { findings.append(FieldFinding("name", "duplicate", "已被使用", title: "标识")) }
        let field = FieldDesign.field(input, &findings)
        guard findings.isEmpty, let field, let name = input["name"], let title = input["title"] else { return newForm(input, findings: findings, context) }
        let ledger = LedgerDeclaration(
            id: "X-\(name)", name: name, title: title, group: input["group"] ?? "自定义台账", ownedBy: input["ownedBy"].flatMap(LedgerDeclaration.Ownership.init) ?? .enterprise,
            titleField: field.name,
            keptYears: nil, fields: [field])
        do {
            try await services.engine.define(ledger, by: context.signedIn())
            try await services.definitionChanged()
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return newForm(input, findings: [], notice: failure.message, context)
        }
        return Shell.done(context.text("已建立台账“\(title)”", "Ledger created"), to: "/designer/\(name)", context: context)
    }

    // MARK: Fields

    @Sendable
    func show(_ request: Request, _ context: WebContext) async throws -> Response {
        let ledger = try ledger(context)
        let rows = ledger.fields.map { field in
            let marks = DesignWords.marks.filter { field.marks.contains($0.mark) }.map { "\(Badge($0.title))" as Markup }
            return TableRow(
                id: field.name, ["\(field.title)", "\(field.name)", "\(DesignWords.kind(field.kind))", .joined(marks, by: " "), "\(field.hint)"],
                actions: "\(ActionButton(context.text("修改", "Edit"), .dialog("/designer/\(ledger.name)/field?field=\(field.name)"), icon: "edit", style: .quiet, isIconOnly: true))"
            )
        }
        let columns = [
            Web.Column("title", context.text("字段", "Field")), Web.Column("name", context.text("标识", "Name")), Web.Column("kind", context.text("类型", "Kind")),
            Web.Column("marks", context.text("属性", "Marks"), isWrapping: true),
            Web.Column("hint", context.text("填写说明", "Hint"), isWrapping: true),
        ]
        let actions: Markup = """
            \(ActionButton(context.text("打开台账", "Open"), .link("/ledgers/\(ledger.name)"), icon: "list"))\
            \(ActionButton(context.text("添加字段", "Add field"), .dialog("/designer/\(ledger.name)/field"), icon: "plus", style: .primary))
            """
        let note = Notice(.info, "\(context.text("字段建立后不能删除或改变类型，可以改名称、说明和属性。权限标识：", "Permissions: "))<code>\(ledger.readPermission)</code>、<code>\(ledger.writePermission)</code>")
        return Shell.page(
            ledger.title, crumbs: [Crumb(context.text("台账设计", "Ledger designer"), "/designer"), Crumb(ledger.title)], active: "/designer", actions: actions,
            body: "<div class=\"stack\">\(note)\(DataTable(id: "fields", columns: columns, rows: rows, address: context.here, hasTools: false))</div>", context: context)
    }

    @Sendable
    func askField(_ request: Request, _ context: WebContext) async throws -> Response {
        let ledger = try ledger(context)
        guard let name = context.here["field"], let field = ledger.field(name) else { return fieldForm(ledger, FormInput(), known: nil, findings: [], context) }
        return fieldForm(ledger, FieldDesign.input(field), known: field, findings: [], context)
    }

    private func fieldForm(_ ledger: LedgerDeclaration, _ input: FormInput, known: Field?, findings: [FieldFinding], notice: String? = nil, _ context: WebContext) -> Response {
        var controls = FieldDesign.controls(input, services.engine, context)
        if known != nil {
            for index in controls.indices where ["field", "kind", "dictionary", "target"].contains(controls[index].name) { controls[index].isReadOnly = true }
            controls.append(FormField("known", "", .hidden, value: known?.name))
        }
        let form = Form(action: "/designer/\(ledger.name)/field", sections: [FormSection(nil, controls)], cancel: "/designer/\(ledger.name)", findings: findings, context: context)
        let title = known == nil ? context.text("添加字段", "Add field") : context.text("修改字段", "Edit field")
        return page(
            title, form, notice: notice, failed: !findings.isEmpty || notice != nil,
            crumbs: [Crumb(context.text("台账设计", "Ledger designer"), "/designer"), Crumb(ledger.title, "/designer/\(ledger.name)"), Crumb(title)], context)
    }

    @Sendable
    func addField(_ request: Request, _ context: WebContext) async throws -> Response {
        var ledger = try ledger(context)
        let input = try await request.form(context)
        let known = input["known"].flatMap { ledger.field($0) }
        var findings: [FieldFinding] = []
        var field = FieldDesign.field(input, &findings)
        if let known {
            field?.name = known.name
            // Lengths and ranges may change; the kind itself may not.
            if field?.kind.word != known.kind.word { field?.kind = known.kind }
        } else if let name = field?.name, ledger.field(name) != nil {
            findings.append(FieldFinding("field", "duplicate", "本台账已有这个字段", title: "字段标识"))
        }
        guard findings.isEmpty, let field else { return fieldForm(ledger, input, known: known, findings: findings, context) }
        if let index = ledger.fields.firstIndex(where: { $0.name == field.name }) { ledger.fields[index] = field } else { ledger.fields.append(field) }
        do {
            try await services.engine.define(ledger, by: context.signedIn())
            try await services.definitionChanged()
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return fieldForm(ledger, input, known: known, findings: [], notice: failure.message, context)
        }
        return Shell.done(context.text("已保存字段“\(field.title)”", "Field saved"), to: "/designer/\(ledger.name)", context: context)
    }
}
