import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Designing a mimic: shapes from a library, moved by pointer or keys, bound to data in their forms; saved at once, versions kept on purpose.
struct MimicEditor: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        routes.get("/reports/mimics/{id}/edit", permission: build, use: edit)
        routes.post("/reports/mimics/{id}/layout", permission: build, use: layout)
        routes.post("/reports/mimics/{id}/shapes/{shape}", permission: build, use: addShape)
        routes.post("/reports/mimics/{id}/components/{component}", permission: build, use: addComponent)
        routes.get("/reports/mimics/{id}/elements/{element}", permission: build, use: elementForm)
        routes.post("/reports/mimics/{id}/elements/{element}", permission: build, use: keepElement)
        routes.post("/reports/mimics/{id}/elements/{element}/remove", permission: build, use: removeElement)
        routes.get("/reports/mimics/{id}/elements/{element}/component", permission: build, use: componentForm)
        routes.post("/reports/mimics/{id}/elements/{element}/component", permission: build, use: keepComponent)
        routes.get("/reports/mimics/{id}/versions", permission: build, use: versions)
        routes.get("/reports/mimics/{id}/versions/new", permission: build, use: versionForm)
        routes.post("/reports/mimics/{id}/versions/new", permission: build, use: keepVersion)
        routes.post("/reports/mimics/{id}/versions/{version}/restore", permission: build, use: restore)
    }

    private func editable(_ id: Int64, _ principal: Principal, _ reader: any Reader) throws -> (item: ReportItem, mimic: Mimic) {
        let item = try engine.item(id, [.mimic], by: principal, in: reader)
        guard item.mayBeChanged(by: principal) else { throw Failure.forbidden("修改他人的工艺组态") }
        return (item, Mimic(item.body))
    }

    /// Reads, changes and keeps the drawing in one transaction.
    private func change(_ id: Int64, _ principal: Principal, _ body: @escaping @Sendable (inout Mimic, any Transaction) throws -> Void) async throws -> Mimic {
        try await engine.database.write { [engine] tx in
            var (item, mimic) = try editable(id, principal, tx)
            try body(&mimic, tx)
            try engine.change(item, body: mimic.json, by: principal, in: tx)
            return mimic
        }
    }

    // MARK: Canvas

    @Sendable
    func edit(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (found, components) = try await engine.database.read { [engine] reader in
            (try editable(id, principal, reader), try engine.items(.component, by: principal, in: reader))
        }
        let (item, mimic) = found
        let base = "/reports/mimics/\(id)"
        let shapes = MimicShape.allCases.map { shape -> Markup in "\(ActionButton(shape.title, .post("\(base)/shapes/\(shape.rawValue)", confirm: nil)))" }
        let kept = components.map { one -> Markup in "\(ActionButton(one.title, .post("\(base)/components/\(one.id)", confirm: nil), icon: "layers"))" }
        let library: Markup = kept.isEmpty ? .empty : "<div class=\"row-flex\"><span class=\"muted\">组件库</span>\(kept)</div>"
        let tools: Markup = """
            <div class="report-tools"><div class="row-flex"><span class="muted">图元</span>\(shapes)</div>\(library)\
            <span class="muted" data-layout-state role="status">拖动图元移动，拖右下角改变大小；选中后也可用方向键，按住 Shift 改变大小；双击或回车设置。</span></div>
            """
        let values = await MimicValues(engine: engine).values(of: mimic, by: principal)
        let canvas: Markup = "<div class=\"mimic-frame-box\">\(MimicDrawing.svg(mimic, values, isEditing: true, layout: "\(base)/layout"))</div>"
        let actions: Markup =
            "\(ActionButton("存为版本", .dialog("\(base)/versions/new"), icon: "save"))\(ActionButton("完成", .link(base), icon: "check", style: .primary))"
        return Shell.page(
            "设计“\(item.title)”", crumbs: MimicPages.crumbs + [Crumb(item.title, base), Crumb("设计")], active: "/reports/mimics", actions: actions,
            body: "\(ReportFace.styles(context))\(tools)\(Card(body: canvas))\(Card("图元", isFlush: true, body: elements(mimic, base)))", context: context)
    }

    private func elements(_ mimic: Mimic, _ base: String) -> Markup {
        let rows = mimic.elements.map { element -> TableRow in
            let path = "\(base)/elements/\(element.id)"
            let actions: Markup = """
                <span data-element-form="\(element.id)">\(ActionButton("设置", .dialog(path), icon: "settings", style: .quiet))</span>\
                \(ActionButton("存为组件", .dialog("\(path)/component"), icon: "layers", style: .quiet))\
                \(ActionButton("移除", .post("\(path)/remove", confirm: "移除\(element.shape.title)“\(element.label)”？"), icon: "trash", style: .quiet))
                """
            let rules = element.rules.map { rule -> Markup in "\(Badge("≥ \(Figure.plain(rule.from))", rule.tone)) " }
            return TableRow(
                ["\(element.id)", "\(element.shape.title)", "\(element.label)", "\(MimicElementForm.said(element.source, engine))", "\(Markup.joined(rules))"], actions: actions)
        }
        return
            "\(DataTable(id: "elements", columns: [Column("id", "编号"), Column("shape", "图元"), Column("label", "标注"), Column("source", "数据", isWrapping: true), Column("rules", "显示规则")], rows: rows, address: PageAddress("\(base)/edit"), empty: "从上面选一种图元添加", hasTools: false))"
    }

    /// `[{"id", "x", "y", "w", "h"}]`; answers where each element lies now.
    @Sendable
    func layout(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let places = try await request.json(context, limit: 64 << 10).array ?? []
        let mimic = try await change(id, principal) { mimic, _ in mimic.arrange(places) }
        return .json(
            .array(
                mimic.elements.map { ["id": .string($0.id), "x": .int(Int64($0.x)), "y": .int(Int64($0.y)), "w": .int(Int64($0.width)), "h": .int(Int64($0.height))] }))
    }

    private func checkRoom(_ mimic: Mimic) throws {
        guard mimic.elements.count < Mimic.most else { throw Failure(.conflict, "JW-R030", "一幅组态最多 \(Mimic.most) 个图元") }
    }

    @Sendable
    func addShape(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        guard let shape = MimicShape(rawValue: try context.path("shape")) else { throw Failure.notFound("这种图元") }
        _ = try await change(id, principal) { mimic, _ in
            try checkRoom(mimic)
            let place = mimic.elements.count % 10 * 30
            mimic.elements.append(MimicElement(mimic.nextId, shape, x: 40 + place, y: 40 + place, label: shape == .pipe ? "" : shape.title))
        }
        return Shell.refreshed("已添加\(shape.title)", context: context, request: request)
    }

    @Sendable
    func addComponent(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let component = try context.id("component")
        _ = try await change(id, principal) { [engine] mimic, tx in
            try checkRoom(mimic)
            let item = try engine.item(component, [.component], by: principal, in: tx)
            guard var element = MimicElement(item.body) else { throw Failure.notFound("该组件") }
            element.id = mimic.nextId
            element.place(x: 60, y: 60, width: element.width, height: element.height)
            mimic.elements.append(element)
        }
        return Shell.refreshed("已添加组件", context: context, request: request)
    }

    // MARK: Elements

    private func framed(_ title: String, _ id: Int64, _ form: Form, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        Shell.page(
            title, crumbs: MimicPages.crumbs + [Crumb("设计", "/reports/mimics/\(id)/edit"), Crumb(title)], active: "/reports/mimics",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: context.isDialog ? form.markup : "\(Card(body: form.markup))", context: context)
    }

    private func element(_ mimic: Mimic, _ context: WebContext) throws -> MimicElement {
        let name = try context.path("element")
        guard let element = mimic.elements.first(where: { $0.id == name }) else { throw Failure.notFound("该图元") }
        return element
    }

    @Sendable
    func elementForm(request: Request, context: WebContext) async throws -> Response { try await elementForm(nil, [], context) }

    private func elementForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (_, mimic) = try await engine.database.read { try editable(id, principal, $0) }
        let element = try element(mimic, context)
        let form = Form(
            action: "/reports/mimics/\(id)/elements/\(element.id)", sections: MimicElementForm(engine: engine).sections(element, input, principal),
            cancel: "/reports/mimics/\(id)/edit",
            findings: findings, context: context)
        return framed("设置\(element.shape.title)", id, form, findings, context)
    }

    @Sendable
    func keepElement(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, name) = (try context.id("id"), try context.signedIn(), try context.path("element"))
        let input = try await request.form(context)
        do {
            _ = try await change(id, principal) { [engine] mimic, _ in
                guard let index = mimic.elements.firstIndex(where: { $0.id == name }) else { throw Failure.notFound("该图元") }
                mimic.elements[index] = try MimicElementForm(engine: engine).read(input, into: mimic.elements[index], by: principal)
            }
            return Shell.done("已保存", to: "/reports/mimics/\(id)/edit", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await elementForm(input, failure.fields, context) }
    }

    @Sendable
    func removeElement(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, name) = (try context.id("id"), try context.signedIn(), try context.path("element"))
        _ = try await change(id, principal) { mimic, _ in mimic.elements.removeAll { $0.id == name } }
        return Shell.refreshed("已移除", context: context, request: request)
    }

    @Sendable
    func componentForm(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (_, mimic) = try await engine.database.read { try editable(id, principal, $0) }
        let element = try element(mimic, context)
        let form = Form(
            action: "/reports/mimics/\(id)/elements/\(element.id)/component",
            sections: [FormSection(nil, [FormField("title", "组件名称", .text, value: element.label, isRequired: true, help: "形状、大小、数据和显示规则一并保存", maxLength: 60, isWide: true)])],
            cancel: "/reports/mimics/\(id)/edit", context: context)
        return framed("存为组件", id, form, [], context)
    }

    @Sendable
    func keepComponent(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, name) = (try context.id("id"), try context.signedIn(), try context.path("element"))
        let title = try await request.form(context)["title"] ?? ""
        try await engine.database.write { [engine] tx in
            let (_, mimic) = try editable(id, principal, tx)
            guard let element = mimic.elements.first(where: { $0.id == name }) else { throw Failure.notFound("该图元") }
            _ = try engine.keep(ReportItemDraft(.component, title: title, body: element.json), by: principal, in: tx)
        }
        return Shell.done("已存入组件库", to: "/reports/mimics/\(id)/edit", context: context)
    }

    // MARK: Versions

    @Sendable
    func versionForm(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id("id")
        let form = Form(
            action: "/reports/mimics/\(id)/versions/new", sections: [FormSection(nil, [FormField("note", "说明", .text, isRequired: true, maxLength: 100, isWide: true)])],
            cancel: "/reports/mimics/\(id)/edit", context: context)
        return framed("存为版本", id, form, [], context)
    }

    @Sendable
    func keepVersion(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let note = try await request.form(context)["note"] ?? ""
        try await engine.database.write { [engine] tx in
            let (item, _) = try editable(id, principal, tx)
            try engine.keepVersion(of: item, note: note, by: principal, in: tx)
        }
        return Shell.done("版本已保存", to: "/reports/mimics/\(id)/edit", context: context)
    }

    @Sendable
    func versions(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (item, kept) = try await engine.database.read { [engine] reader in (try editable(id, principal, reader).item, try engine.versions(of: id, in: reader)) }
        let rows = kept.map { one -> TableRow in
            TableRow(
                id: "\(one.version)", ["\(one.version)", "\(one.note)", "\(Mimic(one.body).elements.count)", "\(one.at)", "\(one.by)"],
                actions: "\(ActionButton("恢复", .post("/reports/mimics/\(id)/versions/\(one.version)/restore", confirm: "用这个版本替换现在的图？现在的图先存为一个版本"), icon: "history", style: .quiet))"
            )
        }
        let columns = [Column("version", "版本", align: .end), Column("note", "说明", isWrapping: true), Column("n", "图元", align: .end), Column("at", "时间"), Column("by", "保存人")]
        let table = DataTable(id: "versions", columns: columns, rows: rows, address: context.here, empty: "还没有保存过版本；在设计页点“存为版本”", hasTools: false)
        return Shell.page(
            "版本：\(item.title)", crumbs: MimicPages.crumbs + [Crumb(item.title, "/reports/mimics/\(id)"), Crumb("版本")], active: "/reports/mimics", body: "\(table)", context: context
        )
    }

    @Sendable
    func restore(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, version) = (try context.id("id"), try context.signedIn(), try context.id("version"))
        try await engine.database.write { [engine] tx in
            let (item, _) = try editable(id, principal, tx)
            guard let kept = try engine.versions(of: id, in: tx).first(where: { $0.version == version }) else { throw Failure.notFound("该版本") }
            try engine.keepVersion(of: item, note: "恢复第 \(version) 版之前", by: principal, in: tx)
            try engine.change(item, body: kept.body, by: principal, in: tx)
        }
        return Shell.refreshed("已恢复第 \(version) 版", context: context, request: request)
    }
}

extension ReportEngine {
    /// Keeps an item as it stands; the latest fifty of one stay.
    func keepVersion(of item: ReportItem, note: String, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO report_item_versions (item, version, title, body, note, at, by_name) VALUES \
            (\(item.id), \(item.version), \(item.title), \(item.body.text), \(String(note.prefix(100))), \(clock.now), \(principal.name)) ON CONFLICT (item, version) DO UPDATE SET note = excluded.note
            """)
        try tx.execute(
            """
            DELETE FROM report_item_versions WHERE item = \(item.id) AND version <= \
            (SELECT version FROM report_item_versions WHERE item = \(item.id) ORDER BY version DESC LIMIT 1 OFFSET 50)
            """)
    }

    /// Newest first.
    func versions(of item: Int64, in reader: any Reader) throws -> [(version: Int64, body: JSONValue, note: String, at: Moment, by: String)] {
        try reader.rows("SELECT * FROM report_item_versions WHERE item = \(item) ORDER BY version DESC LIMIT 50").map { row in
            (
                row.int("version") ?? 0, (try? JSONValue(parsing: row.text("body") ?? "")) ?? .null, row.text("note") ?? "", row.moment("at") ?? Moment(milliseconds: 0),
                row.text("by_name") ?? ""
            )
        }
    }
}
