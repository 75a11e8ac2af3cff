import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Edits of the draft: a step inserted, changed or removed, a field added to its form.
extension WorkPages {
    /// `GET /workflows/{name}/steps/{step}`; `new` inserts one.
    @Sendable
    func stepForm(request: Request, context: WebContext) async throws -> Response { try await showStep(nil, findings: [], status: .ok, context) }

    private func showStep(_ input: FormInput?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let name = try context.path("name"), stepName = try context.path("step")
        let definition = try await database.read { [engine] in try engine.draft(name, in: $0).definition }
        let step = definition.step(stepName)
        guard stepName == "new" || step != nil else { throw Failure.notFound("该环节") }
        let roles = try await database.read { try $0.rows("SELECT name, title FROM roles ORDER BY id") }.map { Choice("role:\($0.text("name") ?? "")", $0.text("title") ?? "") }
        let fixed = (step?.actors ?? []).map(\.word).filter { word in !roles.contains { $0.value == word } }.map { word in
            Choice(word, WorkflowActor(word: word).map(Self.title) ?? word)
        }
        let (count, unit) = Self.parts(step?.within)
        var fields = [FormField("title", "环节名称", .text, value: input?["title"] ?? step?.title, isRequired: true, maxLength: 20)]
        if step == nil {
            fields.append(FormField("at", "插入位置", .select([Choice("", "请选择")] + Self.places(definition)), value: input?["at"], isRequired: true, help: "新环节插在这一步操作之后"))
            fields.append(FormField("action", "操作名称", .text, value: input?["action"] ?? "通过", isRequired: true, help: "办理人点击的按钮", maxLength: 10))
        }
        if step == nil || step?.kind == .task {
            fields.append(
                FormField(
                    "actors", "办理人", .multiSelect(fixed + roles), values: input?.all("actors") ?? step?.actors.map(\.word) ?? [], isRequired: true, help: "按角色：辖区包含本事项的该角色人员均可办理",
                    isWide: true))
            fields.append(
                FormField(
                    "signing", "办理方式",
                    .select([
                        Choice("any", "任一人办理"), Choice("rotating", "轮流分派"), Choice("all", "全体会签"), Choice("inOrder", "依次会签"),
                    ]), value: input?["signing"] ?? Self.word(step?.signing)))
        }
        if step == nil || step?.kind == .task || step?.kind == .notice {
            fields.append(FormField("count", "时限", .number(step: "1"), value: input?["count"] ?? count, help: "留空为不限时", minimum: "1", maximum: "1000"))
            fields.append(
                FormField("unit", "时限单位", .select([Choice("workingDays", "工作日"), Choice("workingHours", "工作小时"), Choice("hours", "小时")]), value: input?["unit"] ?? unit))
        }
        if step == nil || step?.kind == .task {
            fields.append(
                FormField(
                    "opinion", "意见", .check("办理时必须填写意见"), value: input.map { $0["opinion"] ?? "" } ?? (step?.transitions.contains(where: \.requiresOpinion) ?? false ? "1" : "")))
            fields.append(FormField("isPublic", "公开", .check("当事人查询页显示本环节"), value: input.map { $0["isPublic"] ?? "" } ?? (step?.isPublic ?? true ? "1" : "")))
        }
        let form = Form(
            action: "/workflows/\(name)/steps/\(stepName)", sections: [FormSection(nil, fields)], submit: "保存到草稿", cancel: "/workflows/\(name)", findings: findings,
            context: context)
        let title = step.map { "修改环节：\($0.title)" } ?? "插入环节"
        return Shell.page(
            title, crumbs: [Crumb("流程管理", "/workflows"), Crumb(definition.title, "/workflows/\(name)"), Crumb(title)], active: "/workflows", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// Every single way on from a task, as `step/transition`.
    private static func places(_ definition: WorkflowDeclaration) -> [Choice] {
        definition.steps.filter { $0.kind == .task || $0.kind == .automatic || $0.kind == .join }.flatMap { step in
            step.transitions.filter { $0.to.count == 1 }.map { transition in
                Choice("\(step.name)/\(transition.name)", "\(step.title) · \(transition.title) → \(transition.to.first.flatMap { definition.step($0)?.title } ?? "")")
            }
        }
    }

    /// Of joint signing by a number the number stays as it is: the form does not ask it.
    private static func word(_ signing: WorkflowStep.Signing?) -> String {
        switch signing {
        case .all, .atLeast: "all"
        case .inOrder: "inOrder"
        case .rotating: "rotating"
        case .any, nil: "any"
        }
    }

    private static func signing(_ word: String?, instead old: WorkflowStep.Signing) -> WorkflowStep.Signing {
        switch word {
        case "all": if case .atLeast = old { old } else { .all }
        case "inOrder": .inOrder
        case "rotating": .rotating
        default: .any
        }
    }

    private static func parts(_ time: WorkingTime?) -> (String?, String) {
        switch time {
        case .workingDays(let count): (String(count), "workingDays")
        case .workingHours(let count): (String(count), "workingHours")
        case .hours(let count): (String(count), "hours")
        case nil: (nil, "workingDays")
        }
    }

    /// `POST /workflows/{name}/steps/{step}`.
    @Sendable
    func keepStep(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name"), stepName = try context.path("step")
        let input = try await request.form(context)
        do {
            try await database.write { [engine] tx in
                var definition = try engine.draft(name, in: tx).definition
                try Self.apply(input, to: &definition, step: stepName)
                try engine.keepDraft(definition, by: principal, in: tx)
            }
            return Shell.done("已保存到草稿", to: "/workflows/\(name)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showStep(input, findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    private static func apply(_ input: FormInput, to definition: inout WorkflowDeclaration, step name: String) throws {
        var findings: [FieldFinding] = []
        let title = input["title"] ?? ""
        if title.isEmpty { findings.append(FieldFinding("title", "required", "不能为空", title: "环节名称")) }
        let actors = input.all("actors").compactMap(WorkflowActor.init(word:))
        let within = input["count"].flatMap { WorkingTime(word: "\(input["unit"] ?? "workingDays"):\($0)") }
        if input["count"] != nil, within == nil { findings.append(FieldFinding("count", "range", "应为 1 至 1000 的整数", title: "时限")) }
        let requiresOpinion = input["opinion"] == "1", isPublic = input["isPublic"] == "1"
        if name == "new" {
            let at = (input["at"] ?? "").split(separator: "/").map(String.init)
            let before = at.count == 2 ? definition.steps.firstIndex { $0.name == at[0] } : nil
            let way = before.flatMap { index in definition.steps[index].transitions.firstIndex { $0.name == at[1] } }
            if actors.isEmpty { findings.append(FieldFinding("actors", "required", "至少选择一类办理人", title: "办理人")) }
            if way == nil { findings.append(FieldFinding("at", "required", "请选择插入位置", title: "插入位置")) }
            guard findings.isEmpty, let before, let way else { throw Failure.invalid(findings) }
            var number = definition.steps.count + 1
            while definition.step("step\(number)") != nil { number += 1 }
            let next = definition.steps[before].transitions[way].to
            definition.steps[before].transitions[way].to = ["step\(number)"]
            let transition = WorkflowTransition("pass", input["action"] ?? "通过", to: next, requiresOpinion: requiresOpinion)
            definition.steps.insert(
                WorkflowStep.task("step\(number)", title, by: actors, signing: signing(input["signing"], instead: .any), within: within, isPublic: isPublic, [transition]),
                at: before + 1)
            return
        }
        guard let index = definition.steps.firstIndex(where: { $0.name == name }) else { throw Failure.notFound("该环节") }
        let kind = definition.steps[index].kind
        if kind == .task, actors.isEmpty { findings.append(FieldFinding("actors", "required", "至少选择一类办理人", title: "办理人")) }
        if kind == .notice, within == nil { findings.append(FieldFinding("count", "required", "公示要有期限", title: "时限")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        definition.steps[index].title = title
        guard kind == .task || kind == .notice else { return }
        definition.steps[index].within = within
        guard kind == .task else { return }
        definition.steps[index].actors = actors
        definition.steps[index].signing = signing(input["signing"], instead: definition.steps[index].signing)
        definition.steps[index].isPublic = isPublic
        if within == nil, definition.steps[index].dueField == nil {
            definition.steps[index].overdue = []
        } else if definition.steps[index].overdue.isEmpty {
            definition.steps[index].overdue = [.remind]
        }
        let asked = definition.steps[index].transitions.contains(where: \.requiresOpinion)
        if asked != requiresOpinion { for way in definition.steps[index].transitions.indices { definition.steps[index].transitions[way].requiresOpinion = requiresOpinion } }
    }

    /// `GET /workflows/{name}/steps/{step}/field`.
    @Sendable
    func fieldForm(request: Request, context: WebContext) async throws -> Response { try await showField(nil, findings: [], status: .ok, context) }

    private static let kinds: [Choice] = [
        Choice("text", "单行文字"), Choice("note", "多行文字"), Choice("integer", "整数"), Choice("decimal", "小数"), Choice("bool", "是否"), Choice("day", "日期"), Choice("moment", "时间"),
        Choice("photo", "照片"), Choice("files", "附件"), Choice("code", "字典选项"),
    ]

    private func showField(_ input: FormInput?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let name = try context.path("name"), stepName = try context.path("step")
        let definition = try await database.read { [engine] in try engine.draft(name, in: $0).definition }
        guard let step = definition.step(stepName) else { throw Failure.notFound("该环节") }
        let dictionaries = try await database.read { try $0.rows("SELECT DISTINCT dictionary FROM dictionary_items WHERE deleted_at IS NULL ORDER BY dictionary") }
            .compactMap { row in row.text("dictionary").map { Choice($0, engine.dictionaries.snapshot.title(ofDictionary: $0)) } }
        let fields = [
            FormField("title", "字段名称", .text, value: input?["title"], isRequired: true, maxLength: 20),
            FormField("kind", "类型", .select(Self.kinds), value: input?["kind"] ?? "text"),
            FormField("dictionary", "字典", .select([Choice("", "—")] + dictionaries), value: input?["dictionary"], help: "类型为字典选项时选择"),
            FormField("required", "必填", .check("必须填写"), value: input?["required"]),
            FormField("hint", "填写说明", .text, value: input?["hint"], maxLength: 60),
        ]
        let form = Form(
            action: "/workflows/\(name)/steps/\(stepName)/field", sections: [FormSection(nil, fields)], submit: "加入草稿", cancel: "/workflows/\(name)", findings: findings,
            context: context)
        return Shell.page(
            "\(step.title)：加字段", crumbs: [Crumb("流程管理", "/workflows"), Crumb(definition.title, "/workflows/\(name)"), Crumb("加字段")], active: "/workflows", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// `POST /workflows/{name}/steps/{step}/field`.
    @Sendable
    func keepField(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name"), stepName = try context.path("step")
        let input = try await request.form(context)
        do {
            try await database.write { [engine] tx in
                var definition = try engine.draft(name, in: tx).definition
                guard let index = definition.steps.firstIndex(where: { $0.name == stepName }) else { throw Failure.notFound("该环节") }
                definition.steps[index].form.append(try Self.field(input, among: definition.fields))
                try engine.keepDraft(definition, by: principal, in: tx)
            }
            return Shell.done("已加入草稿", to: "/workflows/\(name)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showField(input, findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    private static func field(_ input: FormInput, among fields: [Field]) throws -> Field {
        var findings: [FieldFinding] = []
        let title = input["title"] ?? "", kind = input["kind"] ?? "text"
        if title.isEmpty { findings.append(FieldFinding("title", "required", "不能为空", title: "字段名称")) }
        if fields.contains(where: { $0.title == title }) { findings.append(FieldFinding("title", "duplicate", "本流程已有同名字段", title: "字段名称")) }
        if kind == "code", input["dictionary"] == nil { findings.append(FieldFinding("dictionary", "required", "请选择字典", title: "字典")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        var number = fields.count + 1
        while fields.contains(where: { $0.name == "field\(number)" }) { number += 1 }
        let name = "field\(number)"
        var field: Field =
            switch kind {
            case "note": .note(name, title)
            case "integer": .integer(name, title)
            case "decimal": .decimal(name, title)
            case "bool": .bool(name, title)
            case "day": .day(name, title)
            case "moment": .moment(name, title)
            case "photo": .photo(name, title)
            case "files": .files(name, title)
            case "code": Field(name, title, kind: .code(dictionary: input["dictionary"] ?? ""))
            default: .text(name, title, length: 0...200)
            }
        if input["required"] == "1" { field.marks.insert(.required) }
        field.hint = input["hint"]
        return field
    }

    /// `POST /workflows/{name}/steps/{step}/remove`: what led to it leads to its successor.
    @Sendable
    func removeStep(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name"), stepName = try context.path("step")
        try await database.write { [engine] tx in
            var definition = try engine.draft(name, in: tx).definition
            guard let step = definition.step(stepName), step.kind == .task, step.transitions.count == 1, let next = step.transitions.first?.to,
                definition.steps.first?.name != stepName
            else {
                throw Failure(.invalid, "JW-WF32", "只能移除有且只有一个去向的办理环节")
            }
            definition.steps.removeAll { $0.name == stepName }
            for index in definition.steps.indices {
                for way in definition.steps[index].transitions.indices where definition.steps[index].transitions[way].to.contains(stepName) {
                    definition.steps[index].transitions[way].to = definition.steps[index].transitions[way].to.flatMap { $0 == stepName ? next : [$0] }
                }
            }
            try engine.keepDraft(definition, by: principal, in: tx)
        }
        return Shell.done("已从草稿移除", to: "/workflows/\(name)", context: context)
    }
}
