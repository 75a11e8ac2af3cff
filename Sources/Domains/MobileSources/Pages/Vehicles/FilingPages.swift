import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-08 备案审核: one filing after the other, its documents beside its facts, by mouse or by keys.
struct FilingPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let acts = RoutePermission.named(GatePermission.filing)
        routes.get("/filings", permission: acts, use: desk)
        routes.get("/filings/list", permission: acts, use: list)
        routes.post("/filings/approve", permission: acts, use: approveBatch)
        routes.post("/filings/{id}/approve", permission: acts, use: approve)
        routes.get("/filings/{id}/return", permission: acts, use: returnForm)
        routes.post("/filings/{id}/return", permission: acts, use: giveBack)
        routes.get("/filings/setting", permission: .named(GatePermission.settings), use: settingForm)
        routes.post("/filings/setting", permission: .named(GatePermission.settings), use: saveSetting)
    }

    private static let ledger = RegisteredVehicle.ledger.name
    private static let queueSize = 20

    private func query(_ state: String, limit: Int) -> LedgerQuery {
        LedgerQuery(ledger: Self.ledger, filters: [LedgerQuery.Filter("filingState", .eq, [state])], sorts: [LedgerDeclaration.Sort("id")], limit: limit)
    }

    // MARK: The desk

    /// `GET /filings?id=&after=`: the oldest pending one unless one is named; `after` is the one just decided.
    @Sendable func desk(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let named = context.here["id"].flatMap { Int64($0) }
        let after = context.here["after"].flatMap { Int64($0) }.flatMap { $0 < Int64.max ? $0 : nil }
        let (page, record, others) = try await gates.database.read { [gates, self] reader in
            var asked = self.query("pending", limit: Self.queueSize)
            if let after { asked.filters.append(LedgerQuery.Filter("id", .gte, [String(after + 1)])) }
            var page = try gates.ledgers.list(asked, by: principal, in: reader)
            if page.records.isEmpty, after != nil { page = try gates.ledgers.list(self.query("pending", limit: Self.queueSize), by: principal, in: reader) }
            let record = try named.flatMap { try gates.ledgers.find(Self.ledger, id: $0, by: principal, in: reader) } ?? page.records.first
            return (page, record, try record.map { try FilingNeighbour.of($0, scope: principal.scope, in: reader) } ?? [])
        }
        let isAutomatic = gates.registry.snapshot.settings.approvesFilingsItself
        let tabs = Tabs([Tabs.Tab("逐条审核", "/filings", isActive: true), Tabs.Tab("待审列表", "/filings/list"), Tabs.Tab("已退回", "/filings/list?state=rejected")])
        let mode: Markup = "<span class=\"muted\">完整且一致的备案自动通过：\(isAutomatic ? "已开启" : "已关闭")</span>"
        let setting: Markup = context.may(GatePermission.settings) ? "\(ActionButton("自动通过设置", .dialog("/filings/setting"), icon: "settings", style: .quiet))" : .empty
        let content: Markup
        if let record {
            content = "<div class=\"review\">\(queue(page, record))<div>\(try filing(record, others, page.titles, principal, context))</div></div>"
        } else {
            content = "\(Card(body: "\(EmptyState("没有待审核的备案", hint: "企业提交或车主上传后会出现在这里", icon: "check"))"))"
        }
        let body: Markup = "<div class=\"row-flex\">\(tabs)\(mode)</div>\(content)<script type=\"module\" src=\"\(context.site.assets.path("review-desk.js"))\"></script>"
        return Shell.page("备案审核", crumbs: [Crumb("管控"), Crumb("备案审核")], active: "/filings", actions: setting, body: body, context: context)
    }

    private func queue(_ page: LedgerPage, _ current: Record) -> Markup {
        let items = page.records.map { record -> Markup in
            "<a href=\"/filings?id=\(record.id)\"\(Markup.flag("aria-current=\"true\"", record.id == current.id))><b>\(record[RegisteredVehicle.plateNo])</b><small>\(record.org.map { page.titles.organisation($0) })</small></a>"
        }
        return "<nav class=\"review-queue\" aria-label=\"待审核\">\(items)</nav>"
    }

    private func filing(_ record: Record, _ others: [FilingNeighbour], _ titles: ReferenceTitles, _ principal: Principal, _ context: WebContext) throws -> Markup {
        let presenter = try gates.ledgers.presenter(Self.ledger, titles: titles, for: principal)
        let shown = [
            "plateNo", "plateColor", "vin", "engineNo", "registeredOn", "model", "vehicleType", "vehicleClass", "useNature", "owner", "ownerPhone", "filedBy", "fuel",
            "emissionStage", "networked",
        ]
        let items = shown.compactMap { name -> DescriptionList.Item? in
            guard let field = RegisteredVehicle.ledger.fields.first(where: { $0.name == name }) else { return nil }
            let text = presenter.text(field, record)
            return DescriptionList.Item(field.title, text.isEmpty ? "\(Badge("未填", .muted))" : "\(text)")
        }
        let basis = record[RegisteredVehicle.stageBasis] ?? "9"
        let isProven = ["3", "2", "0", "1"].contains(basis)
        let evidence = Notice(
            isProven ? .good : .yellow,
            "<b>排放阶段 \(EmissionStage(rawValue: record[RegisteredVehicle.emissionStage] ?? "")?.title ?? "未知")</b>　依据：\(GateCodes.stageBasis.title(of: basis))<br>\(record[RegisteredVehicle.stageEvidence])"
        )
        let site = record.org.flatMap { gates.registry.snapshot.enterprises[$0] }
        return """
            <div data-review>\(Card("\(record[RegisteredVehicle.plateNo] ?? "")　\(site?.name ?? "")", actions: buttons(record), body: """
                \(evidence)\(neighbours(others))\(papers(record))\(DescriptionList(items, columns: 3))
                """))</div>
            """
    }

    private func buttons(_ record: Record) -> Markup {
        let isPending = record[RegisteredVehicle.filingState] == "pending"
        guard isPending else {
            return "\(Badge(GateCodes.filingState.title(of: record[RegisteredVehicle.filingState] ?? ""), record[RegisteredVehicle.filingState] == "approved" ? .good : .orange))"
        }
        return """
            <button type="button" class="btn btn-primary" data-key="a" hx-post="/filings/\(record.id)/approve">\(Icon("check"))<span>通过<span class="key-hint">A</span></span></button>\
            <a class="btn btn-plain" data-key="r" href="/filings/\(record.id)/return" hx-get="/filings/\(record.id)/return" hx-target="#dialog" hx-swap="innerHTML" hx-push-url="false">\(Icon("left"))<span>退回<span class="key-hint">R</span></span></a>\
            <a class="btn btn-quiet" data-key="n" href="/filings?after=\(record.id)"><span>下一条<span class="key-hint">N</span></span></a>
            """
    }

    private func papers(_ record: Record) -> Markup {
        guard ["licencePhoto", "manifestPhoto"].contains(where: { record.values[$0]?.text != nil }) else { return "\(Notice(.yellow, "企业未上传行驶证和随车清单照片，只能按填报内容核对。"))" }
        return "<div class=\"side-by-side\">\(photo(record, "licencePhoto", "行驶证"))\(photo(record, "manifestPhoto", "随车清单"))</div>"
    }

    private func photo(_ record: Record, _ field: String, _ title: String) -> Markup {
        guard record.values[field]?.text != nil else { return "<figure>\(EmptyState("未上传\(title)照片", icon: "image"))</figure>" }
        let path = "/ledgers/\(Self.ledger)/\(record.id)/photos/\(field)"
        return """
            <figure data-photos><a href="\(path)" data-photo="\(path)" data-note="\(title)" hx-boost="false" target="_blank"><img src="\(path)?width=960" alt="\(title)" loading="lazy"></a><figcaption>\(title)（点击放大、旋转）</figcaption></figure>
            """
    }

    private func neighbours(_ others: [FilingNeighbour]) -> Markup {
        guard !others.isEmpty else { return .empty }
        let names = gates.registry.snapshot.enterprises
        let lines = others.map { other -> Markup in
            let stage = EmissionStage(rawValue: other.stage)?.title ?? other.stage
            return "<li>\(other.why)：\(other.plate)（\(names[other.org]?.name ?? "其他企业")），\(stage)，\(GateCodes.filingState.title(of: other.state))</li>"
        }
        return "\(Notice(.info, "相关备案<ul>\(lines)</ul>"))"
    }

    // MARK: Deciding

    @Sendable func approve(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let record = try await gates.filings.decide(id: id, approves: true, opinion: "", by: context.signedIn())
        return Shell.done("\(record[RegisteredVehicle.plateNo] ?? "") 备案已通过", to: "/filings?after=\(id)", context: context)
    }

    @Sendable func returnForm(request: Request, context: WebContext) async throws -> Response {
        returnForm(try context.id(), nil, [], .ok, context)
    }

    private func returnForm(_ id: Int64, _ opinion: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let common = ["行驶证照片不清晰", "随车清单缺失", "排放阶段与依据不符", "车辆识别代号与行驶证不符", "注册登记日期有误"]
        let fields = [
            FormField("reason", "常见原因", .multiSelect(common.map { Choice($0, $0) }), isWide: true),
            FormField("filingOpinion", "补充说明", .textArea(rows: 3), value: opinion, help: "企业会看到全部原因；常见原因与说明至少填一项", maxLength: 400, isWide: true),
        ]
        let form = Form(action: "/filings/\(id)/return", sections: [FormSection(nil, fields)], submit: "退回企业修改", cancel: "/filings?id=\(id)", findings: findings, context: context)
        return Shell.page(
            "退回备案", crumbs: [Crumb("备案审核", "/filings"), Crumb("退回")], active: "/filings", status: status, body: Shell.framed(form, context),
            context: context)
    }

    @Sendable func giveBack(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let input = try await request.form(context)
        let opinion = (input.all("reason") + [input["filingOpinion"]].compactMap { $0 }).joined(separator: "；")
        do {
            let record = try await gates.filings.decide(id: id, approves: false, opinion: opinion, by: context.signedIn())
            return Shell.done("\(record[RegisteredVehicle.plateNo] ?? "") 备案已退回", to: "/filings?after=\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return returnForm(id, input["filingOpinion"], failure.fields, .unprocessableContent, context)
        }
    }

    // MARK: List and batch

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let state = GateCodes.filingState.contains { $0.code == address["state"] } ? address["state"] ?? "pending" : "pending"
        var asked = query(state, limit: min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200))
        asked.search = address["q"]
        asked.cursor = address["after"] ?? address["before"]
        let fixed = asked
        let page = try await gates.database.read { [gates] reader in try gates.ledgers.list(fixed, by: principal, in: reader) }
        let columns = [
            Column("plate", "号牌号码"), Column("site", "企业", isWrapping: true), Column("vin", "车辆识别代号"), Column("stage", "排放阶段"), Column("basis", "判定依据", isWrapping: true),
            Column("papers", "证照"),
            Column("at", "提交时间"), Column("opinion", "审核意见", isWrapping: true),
        ]
        let rows = page.records.map { record -> TableRow in
            let papers = [("licencePhoto", "行驶证"), ("manifestPhoto", "清单")].filter { record.values[$0.0]?.text != nil }.map { "\(Badge($0.1, .good))" as Markup }
            return TableRow(
                id: String(record.id),
                [
                    "\(record[RegisteredVehicle.plateNo]) <small>\(PlateColor.all.title(of: record[RegisteredVehicle.plateColor] ?? ""))</small>",
                    "\(record.org.map { page.titles.organisation($0) })", "\(record[RegisteredVehicle.vin])",
                    "\(EmissionStage(rawValue: record[RegisteredVehicle.emissionStage] ?? "")?.title)",
                    "\(GateCodes.stageBasis.title(of: record[RegisteredVehicle.stageBasis] ?? "9"))",
                    papers.isEmpty ? "\(Badge("缺证照", .orange))" : .joined(papers, by: " "), "\(record.updatedAt)", "\(record[RegisteredVehicle.filingOpinion])",
                ], path: "/filings?id=\(record.id)")
        }
        let start = address.restarting
        var pager = Pager(
            first: page.previousCursor == nil ? nil : start.text, previous: page.previousCursor.map { start.with("before", $0).text },
            next: page.nextCursor.map { start.with("after", $0).text }, size: fixed.limit, sizes: [20, 50, 100])
        switch page.total {
        case .exact(let count): pager.total = count
        case .atLeast(let count): (pager.total, pager.isTotalFloor) = (count, true)
        case .unknown: break
        }
        let tabs = Tabs([
            Tabs.Tab("逐条审核", "/filings"), Tabs.Tab("待审列表", "/filings/list", isActive: state == "pending"),
            Tabs.Tab("已退回", "/filings/list?state=rejected", isActive: state == "rejected"),
        ])
        let batch = state == "pending" ? [BatchAction("批量通过", "/filings/approve", confirm: "确认所选备案已逐条核对，全部通过？", style: .primary)] : []
        let search = SearchForm(
            action: "/filings/list", fields: [FormField("q", "关键字", .text, value: address["q"], placeholder: "号牌、车辆识别代号、型号")], table: "filings", kept: [.init("state", state)])
        let table = DataTable(id: "filings", columns: columns, rows: rows, address: address, toolbar: .empty, batch: batch, pager: pager, empty: "没有符合条件的备案")
        return Shell.page("备案审核", crumbs: [Crumb("管控"), Crumb("备案审核")], active: "/filings", body: "\(tabs)\(search)\(table)", context: context)
    }

    @Sendable func approveBatch(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let ids = try await request.form(context).all("id").compactMap { Int64($0) }
        guard !ids.isEmpty, ids.count <= 200 else { throw Failure(.invalid, "JW-M073", ids.isEmpty ? "请先选择备案" : "一次最多通过 200 条") }
        let filings = gates.filings
        try await gates.database.write { tx in for id in ids { _ = try filings.decide(id: id, approves: true, opinion: "批量通过", by: principal, in: tx) } }
        return Shell.done("已通过 \(ids.count) 条备案", to: "/filings/list", context: context)
    }

    // MARK: Setting

    @Sendable func settingForm(request: Request, context: WebContext) async throws -> Response {
        let value = gates.registry.snapshot.settings.approvesFilingsItself ? "1" : nil
        let field = FormField(
            "approvesFilingsItself", "自动通过", .check("完整且一致的备案自动通过"), value: value, help: "完整：车辆识别代号、注册登记日期、品牌型号、车辆类型齐全；一致：排放阶段与判定依据不矛盾。其余仍由人工审核。", isWide: true)
        let form = Form(action: "/filings/setting", sections: [FormSection(nil, [field])], cancel: "/filings", context: context)
        return Shell.page(
            "备案自动通过", crumbs: [Crumb("备案审核", "/filings"), Crumb("自动通过")], active: "/filings", body: Shell.framed(form, context), context: context)
    }

    @Sendable func saveSetting(request: Request, context: WebContext) async throws -> Response {
        let isOn = try await request.form(context)["approvesFilingsItself"] == "1"
        try await GateSettings(gates: gates).save(["approvesFilingsItself": isOn ? "1" : "0"], by: context.signedIn())
        return Shell.done(isOn ? "已开启自动通过" : "已关闭自动通过", to: "/filings", context: context)
    }
}

/// Another filing that says something about this one: the same VIN, or the same plate at another enterprise.
struct FilingNeighbour: Sendable {
    var why: String
    var plate: String
    var org: Int64
    var stage: String
    var state: String

    static func of(_ record: Record, scope: DataScope, in reader: any Reader) throws -> [FilingNeighbour] {
        let plate = record[RegisteredVehicle.plateNo] ?? ""
        let vin = record[RegisteredVehicle.vin] ?? ""
        let isSame: SQL = vin.isEmpty ? "plate_no = \(plate)" : "(plate_no = \(plate) OR vin = \(vin))"
        let sql: SQL = """
            SELECT plate_no, vin, org, emission_stage, filing_state FROM registered_vehicle WHERE \(isSame) AND id <> \(record.id) AND deleted_at IS NULL AND \(scope.condition()) ORDER BY id DESC LIMIT 6
            """
        return try reader.rows(sql).map { row in
            FilingNeighbour(
                why: !vin.isEmpty && row[1].text == vin ? "同车辆识别代号" : "同号牌", plate: row[0].text ?? "", org: row[2].int ?? 0, stage: row[3].text ?? "X", state: row[4].text ?? "")
        }
    }
}
