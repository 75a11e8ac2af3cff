import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-11 at the gate: type a plate, see at once whether it may pass and every reason why or why not.
struct LookupPage: Sendable {
    let gates: GateSupervision
    static let checkPath = "/lookup/check"

    func add(to routes: Routes) {
        routes.get("/lookup", permission: .named(GatePermission.lookup), use: show)
        routes.get("/lookup/answer", permission: .named(GatePermission.lookup), use: answer)
        routes.post("/lookup/check", permission: .named(GatePermission.lookup), use: check)
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let first: Markup = here["plate"] == nil ? hint : try await answerPart(principal, context)
        let body: Markup = """
            \(GateAssets.links(context))<div class="lookup"><form class="lookup-form" method="get" action="/lookup" role="search" hx-get="/lookup/answer" hx-target="#answer" hx-swap="innerHTML" hx-push-url="false" \
            hx-trigger="submit, input delay:140ms, change">\
            <label class="visually-hidden" for="lookup-plate">号牌号码</label><input id="lookup-plate" class="lookup-plate" name="plate" value="\(here["plate"])" placeholder="冀A12345" maxlength="12" autocomplete="off" \
            autocapitalize="characters" spellcheck="false" inputmode="text" autofocus>\
            <div class="lookup-options">\(options("direction", GateCodes.direction, chosen: here["direction"] ?? "1"))\(colors(here["color"]))\(enterprise(principal, here["org"]))</div>\
            <button class="btn btn-primary" type="submit">\(Icon("search"))<span>查询</span></button></form>
            <div id="answer" class="lookup-answer" role="status" aria-live="assertive">\(first)</div></div>
            """
        return Shell.page("门前备案查询", crumbs: [Crumb("企业自助"), Crumb("门前备案查询")], active: "/lookup", body: body, context: context)
    }

    private var hint: Markup { "<p class=\"lookup-hint\">输入号牌即可查询，不必选择号牌颜色：平台按备案和号牌样式判断，有误时再改。</p>" }

    private func options(_ name: String, _ items: [CodeItem], chosen: String) -> Markup {
        let parts = items.map { item -> Markup in
            "<label class=\"pick\"><input type=\"radio\" name=\"\(name)\" value=\"\(item.code)\"\(Markup.flag("checked", item.code == chosen))><span>\(item.title)</span></label>"
        }
        return "<div class=\"picks\" role=\"radiogroup\" aria-label=\"方向\">\(parts)</div>"
    }

    private func colors(_ chosen: String?) -> Markup {
        let all: [(String, String)] = [("", "自动")] + [PlateColor.yellow, .blue, .green, .yellowGreen, .white, .black].map { ($0.rawValue, $0.plateTitle) }
        let parts = all.map { value, title -> Markup in
            "<label class=\"pick\"><input type=\"radio\" name=\"color\" value=\"\(value)\"\(Markup.flag("checked", value == (chosen ?? "")))><span>\(title)</span></label>"
        }
        return "<div class=\"picks\" role=\"radiogroup\" aria-label=\"号牌颜色\">\(parts)</div>"
    }

    /// Supervisors ask for one of their enterprises; an enterprise asks for itself.
    private func enterprise(_ principal: Principal, _ chosen: String?) -> Markup {
        if case .organisation = principal.scope { return .empty }
        let sites = sites(principal)
        let choices = sites.map { site -> Markup in "<option value=\"\(site.org)\"\(Markup.flag("selected", chosen == String(site.org)))>\(site.name)</option>" }
        return "<select class=\"form-select\" name=\"org\" aria-label=\"企业\">\(choices)</select>"
    }

    private func sites(_ principal: Principal) -> [EnterpriseFacts] {
        gates.registry.snapshot.enterprises.values.filter { principal.scope.admits(org: $0.org, area: $0.county) }.sorted { $0.name < $1.name }
    }

    @Sendable
    func answer(request: Request, context: WebContext) async throws -> Response { .html(try await answerPart(try context.signedIn(), context)) }

    /// The enterprise that is asked for: one's own, or of a supervisor's the one that was chosen.
    private func organisation(_ principal: Principal, _ chosen: String?) -> Int64? {
        if case .organisation(let own) = principal.scope { return own }
        let sites = sites(principal)
        guard let org = chosen.flatMap({ Int64($0) }) ?? sites.first?.org, sites.contains(where: { $0.org == org }) else { return nil }
        return org
    }

    private func answerPart(_ principal: Principal, _ context: WebContext) async throws -> Markup {
        let here = context.here
        let plate = PlateNumber(normalizing: here["plate"] ?? "")
        guard plate.text.count >= 6 || plate.isMissing else { return hint }
        guard let org = organisation(principal, here["org"]) else { return "\(Notice(.info, "请选择企业"))" }
        let chosenColor = here["color"].flatMap(PlateColor.init(rawValue:))
        let color: PlateColor = if let chosenColor { chosenColor } else { try await guess(plate, org: org) }
        let answer = try await gates.filingLookup.look(plateNo: plate.text, color: color, isEntry: here["direction"] != "2", gateNo: nil, org: org)
        var told = LookupAnswer(answer: answer, plate: plate, color: color, isGuessed: chosenColor == nil)
        guard here["direction"] != "2", !plate.isMissing, !answer.authorisations.isEmpty || gates.registry.snapshot.enterprises[org]?.needsAuthorisation ?? false else {
            return told.markup
        }
        told.check = try await checkCard(answer, plate, color, org, [], principal, context)
        return told.markup
    }

    private func checkCard(
        _ answer: FilingLookup.Answer, _ plate: PlateNumber, _ color: PlateColor, _ org: Int64, _ findings: [FieldFinding], _ principal: Principal, _ context: WebContext
    ) async throws -> Markup {
        let ledgers = gates.ledgers
        let ids = answer.authorisations.prefix(5).map(\.id)
        let records = try await gates.database.read { reader in try ids.compactMap { try ledgers.find(EntryAuthorisation.ledger.name, id: $0, by: principal, in: reader) } }
        return EntryCheckCard(answer: answer, records: records, plate: plate, color: color, org: org, findings: findings, context: context).markup
    }

    /// A-43: what the guard saw.
    @Sendable
    func check(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context)
        guard let org = organisation(principal, form["org"]) else { throw Failure.forbidden("门前核验") }
        let plate = PlateNumber(normalizing: form["plateNo"] ?? "")
        let color = form["plateColor"].flatMap(PlateColor.init(rawValue:)) ?? .yellow
        let input = EntryChecks.Input(plate: plate, color: color, person: form["person"] ?? "", cargo: form["cargo"] ?? "", note: form["note"])
        do {
            let outcome = try await gates.entryChecks.record(input, org: org, by: principal)
            let words = outcome.verdict == .allow ? "核验一致，可以放行" : outcome.verdict == .refuse ? "不予放行：\(outcome.reasons.joined(separator: "；"))" : "请人工核实"
            return Shell.done("\(plate.text) 已记录，\(words)", to: "/lookup?plate=\(FormEncoding.encode(plate.text))&color=\(color.rawValue)&org=\(org)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            let answer = try await gates.filingLookup.look(plateNo: plate.text, color: color, isEntry: true, gateNo: nil, org: org)
            let body = try await checkCard(answer, plate, color, org, failure.fields, principal, context)
            return Shell.page(
                "门前备案查询", crumbs: [Crumb("企业自助"), Crumb("门前备案查询", "/lookup")], active: "/lookup", status: .unprocessableContent,
                body: "\(GateAssets.links(context))<div class=\"lookup\">\(body)</div>",
                context: context)
        }
    }

    /// The colour under which the plate is filed, the enterprise's own filing first; else by the plate's form: new-energy plates are green, the rest of what comes to a gate is yellow.
    private func guess(_ plate: PlateNumber, org: Int64) async throws -> PlateColor {
        let filed = try await gates.database.read { reader in
            try reader.rows("SELECT plate_color, org, filing_state FROM registered_vehicle WHERE plate_no = \(plate.text) AND deleted_at IS NULL LIMIT 20")
        }
        let best = filed.max { rank($0, org) < rank($1, org) }
        if let color = best?[0].text.flatMap(PlateColor.init(rawValue:)) { return color }
        for color in PlateColor.allCases where gates.registry.snapshot.listing(plate: plate.text, color: color.rawValue, at: gates.clock.now) != nil { return color }
        switch plate.layout {
        case .smallNewEnergy: return .green
        case .largeNewEnergy: return .yellowGreen
        case .police, .military, .armedPolice: return .white
        case .embassy, .consulate, .hongKong, .macao: return .black
        default: return .yellow
        }
    }

    private func rank(_ row: Row, _ org: Int64) -> Int { (row[2].text == "approved" ? 2 : 0) + (row[1].int == org ? 1 : 0) }
}

/// The answer as a guard reads it from two metres away.
struct LookupAnswer: Rendered {
    var answer: FilingLookup.Answer
    var plate: PlateNumber
    var color: PlateColor
    var isGuessed: Bool
    /// What the guard is asked (A-43).
    var check = Markup.empty

    var markup: Markup {
        let verdict = answer.judgement.verdict
        let words =
            switch verdict {
            case .allow: "可以放行"
            case .refuse: "不予放行"
            case .unknown: "人工核实"
            }
        let icon = verdict == .allow ? "check" : verdict == .refuse ? "ban" : "info"
        let reasons = answer.judgement.findings.map { finding -> Markup in "<li>\(finding.message)</li>" }
        let control = answer.level == .none ? "无预警" : "\(answer.level.title)预警"
        return """
            <section class="verdict is-\(verdict.rawValue)"><div class="verdict-head">\(Icon(icon))<strong>\(words)</strong>\(PlateTag(plate.text, color, isLarge: true))</div>\
            \(Markup.when(!reasons.isEmpty, "<ul class=\"verdict-reasons\">\(reasons)</ul>"))</section>
            <dl class="verdict-facts"><div><dt>备案</dt><dd>\(filing)</dd></div><div><dt>排放阶段</dt><dd>\(answer.stage.title)</dd></div><div><dt>燃料</dt><dd>\(FuelCode(normalizing: answer.fuel).title)</dd></div>\
            <div><dt>响应级别</dt><dd>\(control)</dd></div><div><dt>名单版本</dt><dd>\(answer.listVersion)</dd></div></dl>\
            \(Markup.when(isGuessed, "<p class=\"muted\">号牌颜色按\(color.plateTitle)查询；实际颜色不同时请在上方选择。</p>"))\(check)\(ExplanationSteps(answer.explanation))
            """
    }

    private var filing: String { answer.filingState.map { GateCodes.filingState.title(of: $0) } ?? "未备案" }
}
