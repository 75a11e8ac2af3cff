import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// §9 随机核查: passes drawn by a seed that anyone can draw again, what the machine finds, what the inspector concludes.
struct RandomCheckPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let acts = RoutePermission.named(GatePermission.randomCheck)
        routes.get("/random-checks", permission: acts, use: list)
        routes.get("/random-checks/new", permission: acts, use: newForm)
        routes.post("/random-checks/new", permission: acts, use: draw)
        routes.get("/random-checks/{id}", permission: acts, use: show)
        routes.post("/random-checks/{id}", permission: acts, use: save)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let checks = try await gates.randomChecks.list(scope: context.signedIn().scope)
        let columns = [
            Column("id", "编号"), Column("site", "企业", isWrapping: true), Column("span", "抽查范围"), Column("count", "抽取", align: .end), Column("wrong", "不符合", align: .end),
            Column("doubtful", "存疑", align: .end),
            Column("state", "状态"), Column("by", "核查人"), Column("at", "时间"),
        ]
        let rows = checks.map { check -> TableRow in
            let wrong = check.sheet.lines.count { $0.conclusion == .wrong }
            let doubtful = check.sheet.lines.count { $0.conclusion == .doubtful }
            let cells: [Markup] = [
                "\(check.id)", "\(check.enterprise)", "\(check.from.text) 至 \(check.to.text)", "\(check.sheet.lines.count) / \(Figure.grouped(check.sheet.population))",
                wrong > 0 ? "\(Badge("\(wrong)", .red))" : "0", "\(doubtful)",
                "\(RandomCheckPages.badge(check.state))", "\(check.createdBy)", "\(check.createdAt)",
            ]
            return TableRow(id: String(check.id), cells, path: "/random-checks/\(check.id)")
        }
        let body = DataTable(id: "checks", columns: columns, rows: rows, address: context.here, empty: "还没有做过随机核查")
        let action = ActionButton("新的核查", .dialog("/random-checks/new"), icon: "plus", style: .primary)
        return Shell.page("随机核查", crumbs: [Crumb("过车与统计"), Crumb("随机核查")], active: "/random-checks", actions: "\(action)", body: "\(body)", context: context)
    }

    private static func badge(_ state: RandomCheck.State) -> Badge { state == .finished ? Badge("已完成", .good, isDot: true) : Badge("核查中", .info, isDot: true) }

    // MARK: Drawing

    @Sendable func newForm(request: Request, context: WebContext) async throws -> Response {
        let today = gates.clock.today
        let seed = SecureRandom.bytes(3).reduce(Int64(0)) { $0 * 256 + Int64($1) } + 1
        return form(
            ["org": context.here["org"] ?? "", "from": today.adding(days: -30).text, "to": today.adding(days: -1).text, "count": "10", "seed": String(seed)], [], .ok,
            try context.signedIn(), context)
    }

    private func form(_ values: [String: String], _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ principal: Principal, _ context: WebContext) -> Response {
        let sites = gates.sites(in: principal.scope).map { Choice(String($0.org), $0.name, group: Region(code: $0.county)?.title) }
        let fields = [
            FormField("org", "企业", .select(sites), value: values["org"], isRequired: true, isWide: true), FormField("from", "开始日期", .day, value: values["from"], isRequired: true),
            FormField("to", "截止日期", .day, value: values["to"], isRequired: true, help: "最长 92 天"),
            FormField("count", "抽取条数", .number(step: "1"), value: values["count"], isRequired: true, unit: "条", minimum: "5", maximum: "10"),
            FormField("seed", "随机种子", .number(step: "1"), value: values["seed"], isRequired: true, help: "随记录保存；用同一种子可复现同样的抽取，也可当场由企业给出"),
        ]
        let form = Form(action: "/random-checks/new", sections: [FormSection(nil, fields)], submit: "抽取", cancel: "/random-checks", findings: findings, context: context)
        return Shell.page(
            "新的随机核查", crumbs: [Crumb("随机核查", "/random-checks"), Crumb("新的核查")], active: "/random-checks", status: status,
            body: Shell.framed(form, context), context: context)
    }

    @Sendable func draw(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let names = ["org", "from", "to", "count", "seed"]
        let values = names.reduce(into: [String: String]()) { $0[$1] = input[$1] }
        var findings: [FieldFinding] = []
        let org = values["org"].flatMap { Int64($0) }
        let from = values["from"].flatMap { Day(parsing: $0) }
        let to = values["to"].flatMap { Day(parsing: $0) }
        let count = values["count"].flatMap { Int($0) }
        let seed = values["seed"].flatMap { Int64($0) }
        if org == nil { findings.append(FieldFinding("org", "required", "请选择企业", title: "企业")) }
        if from == nil { findings.append(FieldFinding("from", "required", "请选择日期", title: "开始日期")) }
        if to == nil { findings.append(FieldFinding("to", "required", "请选择日期", title: "截止日期")) }
        if count == nil { findings.append(FieldFinding("count", "format", "应为整数", title: "抽取条数")) }
        if seed == nil { findings.append(FieldFinding("seed", "format", "应为整数", title: "随机种子")) }
        guard findings.isEmpty, let org, let from, let to, let count, let seed else { return form(values, findings, .unprocessableContent, principal, context) }
        do {
            let check = try await gates.randomChecks.draw(org: org, from: from, to: to, count: count, seed: seed, by: principal)
            return Shell.leave(to: "/random-checks/\(check.id)", message: "已抽取 \(check.sheet.lines.count) 条", context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.code == "JW-M061" {
            let found = failure.fields.isEmpty ? [FieldFinding("from", failure.code, failure.message, title: "开始日期")] : failure.fields
            return form(values, found, .unprocessableContent, principal, context)
        }
    }

    // MARK: The sheet

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        guard let check = try await gates.randomChecks.find(context.id(), scope: context.signedIn().scope) else { throw Failure.notFound("该核查记录") }
        return sheet(check, [], .ok, context)
    }

    private func sheet(_ check: RandomCheck, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let isOpen = check.state == .draft
        let facts = DescriptionList(
            [
                .init("企业", "\(check.enterprise)"), .init("状态", "\(RandomCheckPages.badge(check.state))"),
                .init("抽查范围", "\(check.from.text) 至 \(check.to.text)，共 \(Figure.grouped(check.sheet.population)) 条过车记录"),
                .init("随机种子", "<b class=\"mono\">\(check.seed)</b>"), .init("核查人", "\(check.createdBy)"), .init("抽取时间", "\(check.createdAt)"), .init("完成时间", "\(check.finishedAt)"),
            ], columns: 3)
        let notes =
            findings.isEmpty
            ? Markup.empty : "\(Notice(.red, "<strong>有 \(findings.count) 处需要补充</strong><ul>\(findings.map { "<li>\($0.title)：\($0.message)</li>" as Markup })</ul>"))"
        let rows = check.sheet.lines.enumerated().map { row($0.offset, $0.element, isOpen: isOpen, Set(findings.map(\.field)), context) }
        let table: Markup = """
            <div class="table-scroll"><table class="data-table"><thead><tr><th>序号</th><th>车辆</th><th>过车</th><th>台账信息</th><th>排放阶段</th><th>核查结论</th><th>情况说明</th></tr></thead><tbody>\(rows)</tbody></table></div>
            """
        let remark: Markup =
            isOpen
            ? "\(FormField("remark", "综合意见", .textArea(rows: 3), value: check.sheet.remark, maxLength: 1000, isWide: true))"
            : "<p><b>综合意见：</b>\(check.sheet.remark.isEmpty ? "无" : check.sheet.remark)</p>"
        let content: Markup =
            isOpen
            ? """
            <form class="form" method="post" action="/random-checks/\(check.id)" data-guard><input type="hidden" name="_csrf" value="\(context.csrf)">\(table)\(remark)\
            <div class="form-foot"><button type="submit" class="btn btn-plain" name="act" value="save"><span>保存</span></button>\
            <button type="submit" class="btn btn-primary" name="act" value="finish"><span>完成核查</span></button></div></form>
            """ : "\(table)\(remark)"
        let body: Markup = "\(notes)\(Card("核查信息", body: "\(facts)"))\(Card("逐条核查", body: content))\(comparison(check))"
        let title = "随机核查记录 \(check.id)"
        return Shell.page(
            title, crumbs: [Crumb("过车与统计"), Crumb("随机核查", "/random-checks"), Crumb(check.enterprise)], active: "/random-checks",
            actions: "\(ActionButton("打印", .print, icon: "print"))", status: status, body: body, context: context)
    }

    private func row(_ index: Int, _ line: RandomCheck.Line, isOpen: Bool, _ wrong: Set<String>, _ context: WebContext) -> Markup {
        let gate = gates.registry.snapshot.gates.first { $0.key.gateNo == line.gateNo }?.value.name ?? line.gateNo
        let missing: Markup = line.missing.isEmpty ? .empty : "<div>\(Badge("缺项", .orange)) \(line.missing.joined(separator: "、"))</div>"
        let malformed: Markup = line.malformed.isEmpty ? .empty : "<div>\(Badge("格式", .orange)) \(line.malformed.joined(separator: "、"))</div>"
        let stored = EmissionStage(rawValue: line.storedStage)?.title ?? line.storedStage
        let found = EmissionStage(rawValue: line.evidenceStage)?.title ?? line.evidenceStage
        let tone: Tone = line.stageVerdict == .agrees ? .good : line.stageVerdict == .differs ? .red : .muted
        let conclusion: Markup
        let note: Markup
        if isOpen {
            let choices = RandomCheck.Conclusion.allCases.map { one -> Markup in
                "<label class=\"check\"><input type=\"radio\" class=\"form-check-input\" name=\"conclusion.\(line.passId)\" value=\"\(one.rawValue)\"\(Markup.flag("checked", line.conclusion == one))><span>\(one.title)</span></label>"
            }
            conclusion = "<div class=\"checks\(wrong.contains("conclusion.\(line.passId)") ? " has-error" : "")\">\(choices)</div>"
            note =
                "<textarea class=\"form-control\" rows=\"2\" name=\"note.\(line.passId)\" aria-label=\"情况说明\" maxlength=\"500\"\(Markup.flag("aria-invalid=\"true\"", wrong.contains("note.\(line.passId)")))>\(line.note)</textarea>"
        } else {
            let tone: Tone = line.conclusion == .fits ? .good : line.conclusion == .wrong ? .red : .orange
            conclusion = "\(line.conclusion.map { Badge($0.title, tone) })"
            note = "\(line.note)"
        }
        return """
            <tr><td>\(index + 1)</td><td><a href="/passes/\(line.passId)" target="_blank">\(line.plate)</a><br><small>\(PlateColor.all.title(of: line.color))</small></td>\
            <td>\(Moment(milliseconds: line.passedAt))<br><small>\(gate) \(GateCodes.direction.title(of: line.direction))</small></td>\
            <td class="wraps">\(line.isComplete ? "\(Badge("齐全", .good))" as Markup : missing + malformed)</td>\
            <td class="wraps">\(stored) \(Badge(line.stageVerdict.title, tone))<br><small>\(line.stageVerdict == .differs ? "佐证为\(found)：" : "")\(line.evidence)</small></td><td>\(conclusion)</td><td>\(note)</td></tr>
            """
    }

    private func comparison(_ check: RandomCheck) -> Markup {
        let one = check.sheet.comparison
        func days(_ days: [Int]) -> String { days.isEmpty ? "无" : days.compactMap { Day(number: $0)?.text }.joined(separator: "、") }
        let change: Markup
        if let normal = one.normalAverage, let warned = one.warningAverage, normal > 0 {
            let rate = warned / normal - 1
            change = "\(Badge(rate < 0 ? "下降 \(Figure.percent(-rate))" : "未下降（\(Figure.percent(rate))）", rate < 0 ? .good : .red))"
        } else {
            change = "<span class=\"muted\">所选范围内没有可比的预警日</span>"
        }
        let facts = DescriptionList(
            [
                .init("非预警期抽查日", "\(days(one.normalDays))"), .init("日均车次", "\(Figure.decimal(one.normalAverage))"), .init("预警期抽查日", "\(days(one.warningDays))"),
                .init("日均车次", "\(Figure.decimal(one.warningAverage))"),
                .init("变化", change, isWide: true),
            ])
        return "\(Card("预警期与非预警期对比", body: "\(facts)"))"
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        guard let check = try await gates.randomChecks.find(id, scope: principal.scope) else { throw Failure.notFound("该核查记录") }
        let answers = check.sheet.lines.map { line in
            RandomChecks.Answer(passId: line.passId, conclusion: input["conclusion.\(line.passId)"].flatMap(RandomCheck.Conclusion.init), note: input["note.\(line.passId)"] ?? "")
        }
        let remark = input["remark"] ?? ""
        guard input["act"] == "finish" else {
            _ = try await gates.randomChecks.save(id, answers: answers, remark: remark, by: principal)
            return Shell.done("已保存", to: "/random-checks/\(id)", context: context)
        }
        do {
            _ = try await gates.randomChecks.finish(id, answers: answers, remark: remark, by: principal)
            return Shell.done("核查已完成", to: "/random-checks/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            // What was entered is kept, so that only the gaps are left.
            let kept = try await gates.randomChecks.save(id, answers: answers, remark: remark, by: principal)
            return sheet(kept, failure.fields, .unprocessableContent, context)
        }
    }
}
