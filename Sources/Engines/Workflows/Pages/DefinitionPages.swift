import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

extension WorkPages {
    /// `GET /workflows`.
    @Sendable
    func definitions(request: Request, context: WebContext) async throws -> Response {
        let running = try await database.read { reader in
            try reader.rows("SELECT workflow, COUNT(*) AS n FROM workflow_cases WHERE state = 'running' GROUP BY workflow").reduce(into: [String: Int]()) {
                $0[$1.text("workflow") ?? ""] = Int($1.int("n") ?? 0)
            }
        }
        let keyword = context.here["q"]
        let rows = engine.definitions.filter { definition in keyword.map { definition.title.contains($0) || definition.group.contains($0) } ?? true }.map { definition in
            TableRow(
                id: definition.name,
                [
                    "\(definition.title)", "\(definition.group)", "\(definition.id)", "\(definition.steps.filter { $0.kind == .task || $0.kind == .notice }.count)",
                    "\(definition.within?.title ?? "按环节")", "第 \(engine.liveVersion(definition.name)) 版", "\(running[definition.name] ?? 0)",
                ], path: "/workflows/\(definition.name)")
        }
        let columns = [
            Column("title", "流程"), Column("group", "分组"), Column("id", "目录编号"), Column("steps", "办理环节", align: .end), Column("within", "全程时限"), Column("version", "现行版本"),
            Column("running", "办理中", align: .end),
        ]
        let search = SearchForm(action: "/workflows", fields: [FormField("q", "关键字", .text, value: keyword, placeholder: "流程名称、分组")], table: "workflows")
        let table = DataTable(id: "workflows", columns: columns, rows: rows, address: context.here, empty: "没有流程")
        return Shell.page(
            context.text("流程管理", "Workflows"), crumbs: [Crumb("系统"), Crumb("流程管理")], active: "/workflows", body: "\(search)\(table)", context: context)
    }

    /// `GET /workflows/{name}`: graph, steps, versions; the draft where there is one.
    @Sendable
    func definitionPage(request: Request, context: WebContext) async throws -> Response {
        let name = try context.path("name")
        let (definition, isDraft, versions) = try await database.read { [engine] reader in
            let draft = try engine.draft(name, in: reader)
            return (draft.definition, draft.isDraft, try engine.versions(name, in: reader))
        }
        let faults = definition.faults(knownEffects: engine.effectNames)
        var actions: [Markup] = ["\(ActionButton("模拟运行", .link("/workflows/\(name)/simulate"), icon: "play"))"]
        actions.append("\(ActionButton("旧版本事项", .link("/workflows/\(name)/running"), icon: "history"))")
        actions.append("\(ActionButton("插入环节", .dialog("/workflows/\(name)/steps/new"), icon: "plus", style: isDraft ? .plain : .primary))")
        if isDraft {
            actions.append("\(ActionButton("放弃修改", .post("/workflows/\(name)/discard", confirm: "放弃未发布的修改？"), style: .danger))")
            actions.append("\(ActionButton("发布", .dialog("/workflows/\(name)/publish"), icon: "check", style: .primary))")
        }
        let notice: Markup =
            isDraft
            ? (faults.isEmpty
                ? "\(Notice(.blue, "正在修改，尚未发布：办理中与新发起的事项仍按第 \(engine.liveVersion(name)) 版"))"
                : "\(Notice(.red, "还不能发布<ul>\(faults.map { fault -> Markup in "<li>\(fault)</li>" })</ul>"))")
            : .empty
        let body: Markup = """
            \(Self.styles(context))<div class="stack">\(notice)\(Card("流程图", body: "\(DefinitionGraph(definition: definition))"))\(stepsCard(definition, context))\
            \(versionsCard(versions, name))</div>
            """
        return Shell.page(
            definition.title, crumbs: [Crumb("流程管理", "/workflows"), Crumb(definition.title)], active: "/workflows", actions: .joined(actions), body: body, context: context)
    }

    private func stepsCard(_ definition: WorkflowDeclaration, _ context: WebContext) -> Markup {
        let rows = definition.steps.map { step -> TableRow in
            let base = "/workflows/\(definition.name)/steps/\(step.name)"
            let ways = step.transitions.map { transition -> Markup in
                let to = transition.targets.compactMap { definition.step($0)?.title }.joined(separator: "、")
                return "<li>\(transition.title) → \(to)\(transition.limit.map { "（最多 \($0) 次）" })</li>"
            }
            var actions: Markup = "\(ActionButton("修改", .dialog(base), style: .quiet))"
            if step.kind == .task { actions += "\(ActionButton("加字段", .dialog("\(base)/field"), style: .quiet))" }
            if step.kind == .task, step.transitions.count == 1, definition.steps.first?.name != step.name {
                actions += "\(ActionButton("移除", .post("\(base)/remove", confirm: "移除环节“\(step.title)”？前后环节将直接相连"), style: .quiet))"
            }
            let fields = step.form.map { $0.title + ($0.marks.contains(.required) ? "*" : "") }.joined(separator: "、")
            return TableRow(
                id: step.name,
                [
                    "\(step.title)", "\(step.kind.title)", "\(step.actors.map(Self.title).joined(separator: "、"))\(Self.signing(step))", "\(step.within?.title ?? "—")",
                    "\(fields)",
                    "<ul class=\"flow-ways\">\(ways)</ul>",
                ], actions: actions)
        }
        let columns = [
            Column("title", "环节"), Column("kind", "类型"), Column("actors", "办理人", isWrapping: true), Column("within", "时限"), Column("form", "表单（* 必填）", isWrapping: true),
            Column("ways", "操作与去向", isWrapping: true),
        ]
        return "\(Card("环节", isFlush: true, body: "\(DataTable(id: "steps", columns: columns, rows: rows, address: context.here, hasTools: false))"))"
    }

    private func versionsCard(_ versions: [PublishedWorkflow], _ name: String) -> Markup {
        let rows = versions.map { version in TableRow(["第 \(version.version) 版", "\(version.at)", "\(version.byName)", "\(version.note)"]) }
        let columns = [Column("version", "版本"), Column("at", "发布时间"), Column("by", "发布人"), Column("note", "说明", isWrapping: true)]
        return "\(Card("版本", isFlush: true, body: "\(DataTable(id: "versions", columns: columns, rows: rows, address: PageAddress("/workflows/\(name)"), hasTools: false))"))"
    }

    static func title(_ actor: WorkflowActor) -> String {
        func role(_ name: String) -> String { BuiltInRole(rawValue: name)?.title ?? name }
        return switch actor {
        case .role(let name): role(name)
        case .ownerRole(let name): "本单位\(role(name))"
        case .leader(let step, let name): "“\(step)”办理人的上级\(role(name))"
        case .starter: "发起人"
        case .actor(let step): "“\(step)”办理人"
        case .user(let login): "用户 \(login)"
        case .named(_, let names): "表单指定的" + names.split(separator: ",").map { role(String($0)) }.joined(separator: "、")
        case .person: "事项中指定的人员"
        case .concerned: "当事人"
        }
    }

    private static func signing(_ step: WorkflowStep) -> String {
        switch step.signing {
        case .any: ""
        case .all: "（全体会签）"
        case .atLeast(let count): "（会签 \(count) 人同意）"
        case .inOrder: "（依次会签）"
        case .rotating: "（轮流分派）"
        }
    }

    /// `GET /workflows/{name}/publish`.
    @Sendable
    func publishForm(request: Request, context: WebContext) async throws -> Response {
        try showPublish(note: nil, findings: [], status: .ok, context)
    }

    private func showPublish(note: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) throws -> Response {
        let name = try context.path("name")
        let definition = try engine.definition(name)
        let fields = [
            FormField("shown", "影响", .shown("发布后新发起的事项按新版本办理；办理中的事项仍按原版本走完"), isWide: true),
            FormField("note", "修改说明", .textArea(rows: 3), value: note, isRequired: true, maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/workflows/\(name)/publish", sections: [FormSection(nil, fields)], submit: "发布", cancel: "/workflows/\(name)", findings: findings, context: context)
        return Shell.page(
            "发布\(definition.title)", crumbs: [Crumb("流程管理", "/workflows"), Crumb(definition.title, "/workflows/\(name)"), Crumb("发布")], active: "/workflows", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// `POST /workflows/{name}/publish`.
    @Sendable
    func publish(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name")
        let note = try await request.form(context)["note"]
        guard let note else { return try showPublish(note: nil, findings: [FieldFinding("note", "required", "不能为空", title: "修改说明")], status: .unprocessableContent, context) }
        do {
            let version = try await database.write { [engine] tx in try engine.publish(name, note: note, by: principal, in: tx) }
            return Shell.done("已发布第 \(version) 版", to: "/workflows/\(name)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try showPublish(note: note, findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    /// `POST /workflows/{name}/discard`.
    @Sendable
    func discard(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name")
        try await database.write { [engine] tx in try engine.dropDraft(name, by: principal, in: tx) }
        return Shell.done("已放弃修改", to: "/workflows/\(name)", context: context)
    }
}
