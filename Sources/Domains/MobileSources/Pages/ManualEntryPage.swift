import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Web

/// A-13 人工补录: the form for a pass that the gate system did not see, and what was entered lately.
struct ManualEntryPage: Sendable {
    let gates: GateSupervision
    private static let path = "/manual-entry"

    func add(to routes: Routes) {
        routes.get(ManualEntryPage.path, permission: .named(GatePermission.manualEntry), use: show)
        routes.post(ManualEntryPage.path, permission: .named(GatePermission.manualEntry), use: save)
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response { try await page(FormInput(items: context.here.query), findings: [], context) }

    private func page(_ input: FormInput, findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let sites = sites(principal)
        guard let site = sites.first(where: { input["org"] == String($0.org) }) ?? sites.first else {
            return Shell.page("人工补录", active: ManualEntryPage.path, body: "\(EmptyState("没有可以补录的企业", icon: "factory"))", context: context)
        }
        let form = Form(action: ManualEntryPage.path, sections: sections(input, sites, site, principal), submit: "提交补录", findings: findings, context: context)
        let recent = try await recent(site.org, principal, context)
        let rules: Markup = """
            <ul class="findings"><li>仅用于识别设备故障、断电、断网等原因造成的漏采，\(ManualEntry.reachDays) 天以内有效。</li><li>补录的记录与自动采集的记录同样研判，单独编号、单独统计，并注明补录人和原因。</li>\
            <li>应上传车头、车身照片；提交后不能修改，主管部门可以随时核查。</li></ul>
            """
        let body: Markup = "\(GateAssets.links(context))\(Grid(.mainAside, ["\(Card(body: "\(form)"))", "\(Card("补录须知", body: rules))"]))\(recent)"
        return Shell.page(
            "人工补录", crumbs: [Crumb("企业自助"), Crumb("人工补录")], active: ManualEntryPage.path, status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    private func sites(_ principal: Principal) -> [EnterpriseFacts] {
        gates.registry.snapshot.enterprises.values.filter { principal.scope.admits(org: $0.org, area: $0.county) }.sorted { $0.name < $1.name }
    }

    private func sections(_ input: FormInput, _ sites: [EnterpriseFacts], _ site: EnterpriseFacts, _ principal: Principal) -> [FormSection] {
        let snapshot = gates.registry.snapshot
        let doors = snapshot.realGateNos(of: site.org).map { Choice($0, snapshot.gates[GateRegistry.GateKey(org: site.org, gateNo: $0)]?.name ?? $0) }
        let colors = PlateColor.allCases.map { Choice($0.rawValue, $0.plateTitle) }
        let stages = EmissionStage.allCases.map { Choice($0.rawValue, $0.title) }
        var pass: [FormField] = []
        if sites.count > 1 { pass.append(FormField("org", "企业", .select(sites.map { Choice(String($0.org), $0.name) }), value: String(site.org), isRequired: true)) }
        pass += [
            FormField("gateNo", "门岗", .select(doors), value: input["gateNo"] ?? doors.first?.value, isRequired: true),
            FormField("direction", "方向", .radio(GateCodes.direction.map { Choice($0.code, $0.title) }), value: input["direction"] ?? "1", isRequired: true),
            FormField("passedAt", "过车时间", .moment, value: input["passedAt"] ?? String(gates.clock.now.text.prefix(16)).replacing(" ", with: "T"), isRequired: true),
            FormField("plateNo", "号牌号码", .text, value: input["plateNo"], isRequired: true, help: "无牌车辆填“无牌”", placeholder: "冀A12345", maxLength: 16),
            FormField("plateColor", "号牌颜色", .select(colors), value: input["plateColor"] ?? PlateColor.yellow.rawValue, isRequired: true),
            FormField("barrierAction", "抬杆方式", .radio(GateCodes.barrierAction.map { Choice($0.code, $0.title) }), value: input["barrierAction"] ?? "1", isRequired: true),
            FormField("liftReason", "手动抬杆原因", .text, value: input["liftReason"], help: "手动抬杆时必填", maxLength: 200),
        ]
        let load: [FormField] = [
            FormField("emissionStage", "排放阶段", .select([Choice("", "按备案")] + stages), value: input["emissionStage"], help: "车辆已备案时不必填写"),
            FormField("cargoName", "货物名称", .text, value: input["cargoName"], maxLength: 32),
            FormField("cargoTonnes", "运输量", .number(step: "0.001"), value: input["cargoTonnes"], unit: "吨", minimum: "0", maximum: "1000"),
        ]
        let evidence: [FormField] = [
            FormField("headPhoto", "车头照片", .photo(isMultiple: false)), FormField("bodyPhoto", "车身照片", .photo(isMultiple: false)),
            FormField("operator", "补录人", .text, value: input["operator"] ?? principal.name, isRequired: true, maxLength: 64),
            FormField("reason", "补录原因", .textArea(rows: 2), value: input["reason"], isRequired: true, placeholder: "如：11 月 21 日 8 时 1 号门识别机断电", maxLength: 200, isWide: true),
        ]
        return [FormSection("过车", pass), FormSection("车辆与货物", load), FormSection("依据", evidence)]
    }

    private func recent(_ org: Int64, _ principal: Principal, _ context: WebContext) async throws -> Markup {
        guard principal.may(GatePassEvent.ledger.readPermission) else { return .empty }
        let since = gates.clock.today.adding(days: -30).text
        let filters: [LedgerQuery.Filter] = [.init("org", .eq, [String(org)]), .init("source", .eq, ["manual"]), .init("passedAt", .gte, [since])]
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: filters, limit: 10)
        query.wantsTotal = false
        let page = try await gates.ledgers.list(query, by: principal)
        let table = PassTable(records: page.records, snapshot: gates.registry.snapshot, hasEnterprise: false).table(id: "manual", context: context)
        return "\(Card("近 30 天补录", actions: "\(ActionButton("全部", .link(PassLinks.list(filters)), icon: "list", style: .quiet))", isFlush: true, body: "\(table)"))"
    }

    // MARK: Saving

    @Sendable
    func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context)
        let org: Int64? = if case .organisation(let own) = principal.scope { own } else { form["org"].flatMap { Int64($0) } }
        guard let org, sites(principal).contains(where: { $0.org == org }) else { throw Failure.forbidden("人工补录") }
        do {
            var input = try ManualEntryPage.read(form)
            input.headPhoto = try await photo("headPhoto", form, org)
            input.bodyPhoto = try await photo("bodyPhoto", form, org)
            let result = try await gates.manualEntries.record(input, org: org, by: principal)
            let verdict = GateCodes.verdict.title(of: result.verdict ?? "unknown")
            return Shell.done("已补录 \(input.plate.text)，校验结论：\(verdict)", to: result.passId.map { "/passes/\($0)" } ?? ManualEntryPage.path, context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            let findings = failure.fields.isEmpty ? [FieldFinding("plateNo", failure.code, failure.message, title: "号牌号码")] : failure.fields
            return try await page(form, findings: findings, context)
        }
    }

    private static func read(_ form: FormInput) throws -> ManualEntry.Input {
        var findings: [FieldFinding] = []
        let passedAt = form["passedAt"].flatMap { Moment(parsing: $0) }
        if passedAt == nil { findings.append(FieldFinding("passedAt", "required", "请填写过车时间", title: "过车时间")) }
        let tonnes = form["cargoTonnes"].flatMap { Double($0) }
        if form["cargoTonnes"] != nil, tonnes == nil { findings.append(FieldFinding("cargoTonnes", "type", "应为数字", title: "运输量")) }
        let color = form["plateColor"].flatMap(PlateColor.init(rawValue:))
        if color == nil { findings.append(FieldFinding("plateColor", "required", "请选择号牌颜色", title: "号牌颜色")) }
        let plate = form["plateNo"].map { PlateNumber(normalizing: $0) }
        if plate == nil { findings.append(FieldFinding("plateNo", "required", "请填写号牌号码；无牌车辆填“无牌”", title: "号牌号码")) }
        guard findings.isEmpty, let passedAt, let color, let plate else { throw Failure.invalid(findings) }
        return ManualEntry.Input(
            gateNo: form["gateNo"] ?? "", direction: form["direction"] ?? "", plate: plate, color: color, passedAt: passedAt, operatorName: form["operator"] ?? "",
            reason: form["reason"] ?? "",
            barrierAction: form["barrierAction"] ?? "", liftReason: form["liftReason"], cargoName: form["cargoName"], cargoTonnes: tonnes,
            emissionStage: form["emissionStage"].flatMap(EmissionStage.init(rawValue:)))
    }

    /// - Throws: `.invalid` that names the field when the file is not a picture.
    private func photo(_ field: String, _ form: FormInput, _ org: Int64) async throws -> String? {
        guard let file = form.files(field).first, !file.bytes.isEmpty else { return nil }
        do {
            return try await gates.photos.receive(file.bytes, expectedSHA256: nil, organisation: org, clock: gates.clock).sha256
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .tooLarge {
            throw Failure.invalid([FieldFinding(field, failure.code, failure.message, title: field == "headPhoto" ? "车头照片" : "车身照片")])
        }
    }
}
