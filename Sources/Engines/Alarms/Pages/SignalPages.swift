import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Alarms that people register, and those that other systems send.
extension AlarmPages {
    private var reportedKinds: [AlarmKind] { engine.kinds.filter(\.isReported) }

    /// `GET /alarms/new`.
    @Sendable
    func reportForm(request: Request, context: WebContext) async throws -> Response { reportForm(FormInput(), [], context) }

    private func reportForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let kinds = reportedKinds
        var seen: Set<String> = []
        let traits = kinds.flatMap(\.traits).filter { seen.insert($0.name).inserted }
        let fields = [
            FormField("kind", "报警类型", .select(kinds.map { Choice($0.name, $0.title, group: $0.category.title) }), value: input["kind"], isRequired: true),
            FormField("title", "内容", .text, value: input["title"], isRequired: true, placeholder: "如 3 号罐可燃气体浓度高高报", maxLength: 100),
            FormField("org", "企业", .reference(url: "/alarms/organisations", shown: ""), value: input["org"]),
            FormField("place", "位置", .text, value: input["place"], isRequired: true, placeholder: "装置、罐区、门岗", maxLength: 60),
            FormField("subject", "点位或对象", .text, value: input["subject"], help: "同一点位的重复报警会合并计数", maxLength: 60),
            FormField("occurredAt", "发生时间", .moment, value: input["occurredAt"] ?? String(context.site.clock.now.text.prefix(16)).replacing(" ", with: "T"), isRequired: true),
            FormField("traits", "特征", .multiSelect(traits.map { Choice($0.name, $0.title, group: $0.group) }), values: input.all("traits"), help: "用于分级", isWide: true),
            FormField("from", "来源", .text, value: input["from"], placeholder: "电话接报、视频巡查、企业上报", maxLength: 60),
            FormField("note", "情况说明", .textArea(rows: 3), value: input["note"], maxLength: 1000, isWide: true),
        ]
        let form = Form(action: "/alarms/new", sections: [FormSection(nil, fields)], submit: "登记", cancel: "/alarms", findings: findings, context: context)
        return Shell.form(
            "登记报警", crumbs: [Crumb("报警处理", "/alarms"), Crumb("登记")], active: "/alarms", form,
            context: context)
    }

    /// `POST /alarms/new`.
    @Sendable
    func report(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let org = input["org"].flatMap { Int64($0) }
        var value: [(name: String, value: JSONValue)] = [
            ("kind", JSONValue(input["kind"])), ("title", JSONValue(input["title"])), ("place", JSONValue(input["place"])),
            ("subject", JSONValue(input["subject"] ?? input["place"])),
            ("occurredAt", JSONValue(input["occurredAt"])), ("traits", .array(input.all("traits").map(JSONValue.string))),
        ]
        var facts: [(name: String, value: JSONValue)] = [("registeredBy", .string(principal.name))]
        if let from = input["from"] { facts.append(("from", .string(from))) }
        if let note = input["note"] { facts.append(("note", .string(note))) }
        value.append(("facts", .object(JSONObject(facts))))
        if let org { value.append(("org", .int(org))) }
        var findings: [FieldFinding] = []
        if input["place"] == nil { findings.append(FieldFinding("place", "required", "不能为空", title: "位置")) }
        let signal = try await signals([.object(JSONObject(value))], by: principal, &findings).first
        guard findings.isEmpty, let signal else { return reportForm(input, findings, context) }
        let outcome = try await database.write { [engine] in try engine.raise(signal, by: principal, in: $0) }
        switch outcome {
        case .suppressed(let window): return Shell.done("该对象正在停用免报，已计数", to: "/alarm-suppressions/\(window)", context: context)
        case .opened(let id): return Shell.done("已登记", to: "/alarms/\(id)", context: context)
        case .merged(let id): return Shell.done("同一对象已有未结报警，已合并计数", to: "/alarms/\(id)", context: context)
        }
    }

    /// `POST /api/v1/alarm-signals` `{"signals": [{kind, title, org, place, subject, occurredAt, traits, facts}, …]}`, at most 1,000: answered when they are durable, in the order given.
    @Sendable
    func apiSignals(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let body = try await request.json(context, limit: 4 << 20)
        guard let items = body["signals"]?.array, !items.isEmpty, items.count <= 1000 else {
            throw Failure.invalid([FieldFinding("signals", "range", "应有 1 至 1000 条", title: "报警")])
        }
        var findings: [FieldFinding] = []
        let signals = try await signals(items, by: principal, &findings)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let outcomes = try await inflow.submit(signals, by: principal)
        return .json(
            [
                "results": .array(
                    outcomes.map { outcome in
                        switch outcome {
                        case .opened(let id): ["result": "opened", "alarm": .int(id)]
                        case .merged(let id): ["result": "merged", "alarm": .int(id)]
                        case .suppressed(let window): ["result": "suppressed", "window": .int(window)]
                        }
                    })
            ])
    }

    /// Reads signals of kinds that may be registered, inside the reader's scope; every fault of every one with its place.
    private func signals(_ items: [JSONValue], by principal: Principal, _ findings: inout [FieldFinding]) async throws -> [AlarmSignal] {
        let ids = Set(items.compactMap { $0["org"]?.int })
        let known = try await database.read { reader -> [Int64: (name: String, area: String?)] in
            try reader.rows("SELECT id, name, area FROM organisations WHERE id IN (\(list: Array(ids)))").reduce(into: [:]) {
                $0[$1.int("id") ?? 0] = ($1.text("name") ?? "", $1.text("area"))
            }
        }
        let kinds = Dictionary(reportedKinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let now = engine.clock.now
        var signals: [AlarmSignal] = []
        for (index, item) in items.enumerated() {
            let prefix = items.count == 1 ? "" : "signals[\(index)]."
            let count = findings.count
            let kind = item["kind"]?.string.flatMap { kinds[$0] }
            if kind == nil { findings.append(FieldFinding(prefix + "kind", "unknownCode", "应为可登记的报警类型：\(kinds.keys.sorted().joined(separator: "、"))", title: "报警类型")) }
            let title = item["title"]?.string ?? "", subject = item["subject"]?.string ?? ""
            if title.isEmpty || title.count > 200 { findings.append(FieldFinding(prefix + "title", "required", "1 至 200 字", title: "内容")) }
            if subject.isEmpty || subject.count > 100 { findings.append(FieldFinding(prefix + "subject", "required", "1 至 100 字", title: "点位或对象")) }
            let at = item["occurredAt"]?.string.flatMap { Moment(parsing: $0) }
            if let at, at > now.adding(seconds: 300) { findings.append(FieldFinding(prefix + "occurredAt", "range", "晚于当前时间", title: "发生时间")) }
            if item["occurredAt"]?.string != nil, at == nil { findings.append(FieldFinding(prefix + "occurredAt", "format", "不是有效的时间", title: "发生时间")) }
            let org = item["org"]?.int
            let owner = org.flatMap { known[$0] }
            let area = owner?.area ?? principal.area
            if org != nil, owner == nil || !principal.scope.admits(org: org, area: area) {
                findings.append(FieldFinding(prefix + "org", "unknownCode", "不存在或不在您的管辖范围", title: "企业"))
            }
            if org == nil, !principal.scope.admits(org: nil, area: area) { findings.append(FieldFinding(prefix + "org", "required", "请指明企业", title: "企业")) }
            let traits = Set((item["traits"]?.array ?? []).compactMap(\.string))
            let unknown = traits.subtracting(kind?.traits.map(\.name) ?? [])
            if !unknown.isEmpty, kind != nil { findings.append(FieldFinding(prefix + "traits", "unknownCode", "该类型没有特征 \(unknown.sorted().joined(separator: "、"))", title: "特征")) }
            guard findings.count == count, let kind else { continue }
            signals.append(
                AlarmSignal(
                    kind: kind.name, org: org, orgName: owner?.name ?? "", area: area, place: item["place"]?.string ?? "", subject: subject, occurredAt: at ?? now, title: title,
                    facts: item["facts"] ?? .null, reasons: [AlarmReason("reported", "由\(principal.name)登记或上报：\(title)")], traits: traits))
        }
        return signals
    }
}
