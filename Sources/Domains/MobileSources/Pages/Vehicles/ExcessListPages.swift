import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-03 排放超标车辆名单: the list, listing and releasing, receipts of every gate, where a vehicle has been.
struct ExcessListPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(ExcessEmissionList.ledger.readPermission)
        let acts = RoutePermission.named(GatePermission.handDown)
        routes.get("/excess-list", permission: reads, use: list)
        routes.get("/excess-list/new", permission: acts, use: newForm)
        routes.post("/excess-list/new", permission: acts, use: create)
        routes.get("/excess-list/passes", permission: reads, use: passes)
        routes.post("/excess-list/release/ask", permission: acts, use: askBatch)
        routes.post("/excess-list/release", permission: acts, use: releaseBatch)
        routes.get("/excess-list/{id}", permission: reads, use: show)
        routes.get("/excess-list/{id}/receipts", permission: reads, use: receipts)
        routes.get("/excess-list/{id}/release", permission: acts, use: releaseForm)
        routes.post("/excess-list/{id}/release", permission: acts, use: release)
    }

    private static let ledger = ExcessEmissionList.ledger.name

    // MARK: List

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let state = address["state"] ?? "recognized"
        var query = LedgerQuery(ledger: Self.ledger, search: address["q"])
        if state != "all" { query.filters.append(LedgerQuery.Filter("state", .eq, [state])) }
        if let kind = address["kind"] { query.filters.append(LedgerQuery.Filter("listKind", .eq, [kind])) }
        query.cursor = address["after"] ?? address["before"]
        query.limit = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let asked = query
        let (page, counts) = try await gates.database.read { [gates] reader in
            let page = try gates.ledgers.list(asked, by: principal, in: reader)
            let objects = page.records.map { (id: ExcessListDesk.objectId($0), version: $0[ExcessEmissionList.listVersion] ?? 0) }
            return (page, try gates.receipts.applied(objects, scope: principal.scope, in: reader))
        }
        let body: Markup = "\(search(address, state))\(table(page, counts, state, query.limit, principal, context))"
        return Shell.page("排放超标车辆名单", crumbs: [Crumb("管控"), Crumb("排放超标车辆名单")], active: "/excess-list", actions: actions(context), body: body, context: context)
    }

    private func actions(_ context: WebContext) -> Markup {
        var out: Markup = "\(ActionButton("查车辆行踪", .dialog("/excess-list/passes"), icon: "search"))"
        if context.may(LedgerRight.export.permission(on: Self.ledger)) { out += "\(ActionButton("导出", .dialog("/ledgers/\(Self.ledger)/export"), icon: "download"))" }
        if context.may(LedgerRight.import.permission(on: Self.ledger)) { out += "\(ActionButton("批量导入", .link("/ledgers/\(Self.ledger)/import"), icon: "upload"))" }
        if context.may(GatePermission.handDown) { out += "\(ActionButton("列入名单", .dialog("/excess-list/new"), icon: "plus", style: .primary))" }
        return out
    }

    private func search(_ address: PageAddress, _ state: String) -> Markup {
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "号牌号码或车辆识别代号"),
            FormField("kind", "名单类别", .select([Choice("", "全部")] + GateCodes.listKind.map { Choice($0.code, $0.title) }), value: address["kind"]),
        ]
        return "\(SearchForm(action: "/excess-list", fields: fields, table: "excess", kept: [.init("state", state)]))"
    }

    private func table(_ page: LedgerPage, _ counts: [String: (applied: Int, failed: Int)], _ state: String, _ size: Int, _ principal: Principal, _ context: WebContext) -> Markup {
        let total = gates.sites(in: principal.scope).filter(\.isConnected).count
        let columns = [
            Column("plate", "号牌号码"), Column("kind", "名单类别"), Column("authority", "认定单位", isWrapping: true), Column("basis", "认定依据", isWrapping: true), Column("at", "认定时间"),
            Column("state", "状态"),
            Column("version", "名单版本", align: .end), Column("receipts", "门禁执行", align: .end),
        ]
        let mayAct = context.may(GatePermission.handDown)
        let rows = page.records.map { record -> TableRow in
            let isListed = record[ExcessEmissionList.state] == "recognized"
            let count = counts["\(ExcessListDesk.objectId(record))/\(record[ExcessEmissionList.listVersion] ?? 0)"] ?? (0, 0)
            let failed: Markup = count.failed > 0 ? " \(Badge("失败 \(count.failed)", .orange))" : .empty
            let when: Markup =
                isListed ? "\(record[ExcessEmissionList.recognizedAt])" : "\(record[ExcessEmissionList.recognizedAt])<br><small>解除 \(record[ExcessEmissionList.releasedAt])</small>"
            let cells: [Markup] = [
                "\(plate(record))", "\(GateCodes.listKind.title(of: record[ExcessEmissionList.listKind] ?? ""))", "\(record[ExcessEmissionList.authority])",
                "\(record[ExcessEmissionList.basis])", when, "\(badge(record))",
                "\(record[ExcessEmissionList.listVersion])", "\(count.applied) / \(total)\(failed)",
            ]
            let action: Markup = mayAct && isListed ? "\(ActionButton("解除", .dialog("/excess-list/\(record.id)/release"), style: .quiet))" : .empty
            return TableRow(id: String(record.id), cells, path: "/excess-list/\(record.id)", actions: action)
        }
        let address = context.here.restarting
        let tabs = [("recognized", "在列"), ("released", "已解除"), ("all", "全部")].map { Tabs.Tab($0.1, address.with("state", $0.0).text, isActive: state == $0.0) }
        let batch = mayAct && state != "released" ? [BatchAction("批量解除", "/excess-list/release/ask")] : []
        var pager = Pager(
            first: page.previousCursor == nil ? nil : address.text, previous: page.previousCursor.map { address.with("before", $0).text },
            next: page.nextCursor.map { address.with("after", $0).text }, size: size,
            sizes: [20, 50, 100])
        switch page.total {
        case .exact(let count): pager.total = count
        case .atLeast(let count): (pager.total, pager.isTotalFloor) = (count, true)
        case .unknown: break
        }
        return "\(DataTable(id: "excess", columns: columns, rows: rows, address: context.here, toolbar: "\(Tabs(tabs))", batch: batch, pager: pager, empty: "名单中没有符合条件的车辆"))"
    }

    private func plate(_ record: Record) -> Markup {
        let color = record[ExcessEmissionList.plateColor] ?? ""
        return "\(record[ExcessEmissionList.plateNo]) <small>\(PlateColor.all.title(of: color))</small>"
    }

    private func badge(_ record: Record) -> Badge {
        let state = record[ExcessEmissionList.state] ?? ""
        return Badge(GateCodes.listState.title(of: state), state == "recognized" ? .red : .muted, isDot: true)
    }

    // MARK: One entry

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let since = gates.clock.now.adding(seconds: -30 * 86_400)
        let (record, lines, history, passes) = try await gates.database.read { [gates] reader in
            guard let record = try gates.ledgers.find(Self.ledger, id: id, by: principal, in: reader) else { throw Failure.notFound("名单记录") }
            let lines = try gates.receipts.all(of: ExcessListDesk.objectId(record), version: record[ExcessEmissionList.listVersion] ?? 0, scope: principal.scope, in: reader)
            let passes = try VehicleTrail.passes(of: record[ExcessEmissionList.plateNo] ?? "", since: since, scope: principal.scope, in: reader)
            return (record, lines, try gates.ledgers.history(Self.ledger, id: id, by: principal, in: reader), passes)
        }
        let plate = record[ExcessEmissionList.plateNo] ?? ""
        let isListed = record[ExcessEmissionList.state] == "recognized"
        let facts = DescriptionList([
            .init("号牌号码", self.plate(record)), .init("名单类别", "\(GateCodes.listKind.title(of: record[ExcessEmissionList.listKind] ?? ""))"), .init("状态", "\(badge(record))"),
            .init("名单版本", "\(record[ExcessEmissionList.listVersion])"), .init("认定单位", "\(record[ExcessEmissionList.authority])"),
            .init("认定时间", "\(record[ExcessEmissionList.recognizedAt])"),
            .init("认定依据", "\(record[ExcessEmissionList.basis])", isWide: true), .init("解除时间", "\(record[ExcessEmissionList.releasedAt])"),
            .init("解除依据", "\(record[ExcessEmissionList.releaseBasis])", isWide: true),
        ])
        let action: Markup =
            isListed && context.may(GatePermission.handDown) ? "\(ActionButton("解除", .dialog("/excess-list/\(id)/release"), icon: "check", style: .primary))" : .empty
        let main: [Markup] = [
            "\(Card("认定信息", body: "\(facts)"))", "\(Card("门禁下发与执行", body: receiptPart(lines, id, context)))",
            "\(Card("近 30 天过车（\(passes.count >= VehicleTrail.limit ? "最近 " : "")\(passes.count) 次）", isFlush: true, body: trail(passes, context)))",
        ]
        let body: Markup = "\(Grid(.mainAside, ["<div class=\"stack\">\(main)</div>", "\(Card("变更记录", body: "\(Timeline(history.map(\.line)))"))"]))"
        return Shell.page(plate, crumbs: [Crumb("管控"), Crumb("排放超标车辆名单", "/excess-list"), Crumb(plate)], active: "/excess-list", actions: action, body: body, context: context)
    }

    private func receiptPart(_ lines: [Receipts.Line], _ id: Int64, _ context: WebContext) -> Markup {
        ReceiptView(lines: lines, refresh: "/excess-list/\(id)/receipts").markup(context)
    }

    @Sendable func receipts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let lines = try await gates.database.read { [gates] reader in
            guard let record = try gates.ledgers.find(Self.ledger, id: id, by: principal, in: reader) else { throw Failure.notFound("名单记录") }
            return try gates.receipts.all(of: ExcessListDesk.objectId(record), version: record[ExcessEmissionList.listVersion] ?? 0, scope: principal.scope, in: reader)
        }
        return .html(receiptPart(lines, id, context))
    }

    // MARK: Where a vehicle has been

    private func trail(_ passes: [VehicleTrail], _ context: WebContext) -> Markup {
        let names = gates.registry.snapshot
        let columns = [
            Column("at", "过车时间"), Column("site", "企业", isWrapping: true), Column("gate", "门岗"), Column("direction", "方向"), Column("verdict", "校验结论"), Column("action", "抬杆方式"),
        ]
        let rows = passes.map { pass -> TableRow in
            let gate = names.gates[GateRegistry.GateKey(org: pass.org, gateNo: pass.gateNo)]?.name ?? pass.gateNo
            let isWrong = pass.verdict == "refuse" && pass.action != "0"
            let verdict = Badge(GateCodes.verdict.title(of: pass.verdict), pass.verdict == "refuse" ? .red : pass.verdict == "allow" ? .good : .neutral)
            return TableRow(
                [
                    "\(pass.passedAt)", "\(names.enterprises[pass.org]?.name)", "\(gate)", "\(GateCodes.direction.title(of: pass.direction))", "\(verdict)",
                    "\(GateCodes.barrierAction.title(of: pass.action))\(Markup.when(isWrong, " \(Badge("拒后放行", .red))"))",
                ], path: "/passes/\(pass.id)", tone: isWrong ? .red : nil)
        }
        return "\(DataTable(id: "trail", columns: columns, rows: rows, address: context.here, empty: "近 30 天没有过车记录", hasTools: false))"
    }

    /// `GET /excess-list/passes?plate=`: any vehicle, listed or not.
    @Sendable func passes(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let plate = context.here["plate"].map { PlateNumber(normalizing: $0).text }
        let since = gates.clock.now.adding(seconds: -30 * 86_400)
        let found = plate == nil ? [] : try await gates.database.read { reader in try VehicleTrail.passes(of: plate ?? "", since: since, scope: principal.scope, in: reader) }
        let search: Markup =
            context.isDialog
            ? """
            <form class="search-form" method="get" action="/excess-list/passes" hx-get="/excess-list/passes" hx-target="#dialog" hx-swap="innerHTML" hx-push-url="false"><div class="search-grid">\(FormField("plate", "号牌号码", .text, value: plate, isRequired: true, placeholder: "如 冀A12345"))\
            <div class="search-buttons"><button type="submit" class="btn btn-primary">\(Icon("search"))<span>查询</span></button></div></div></form>
            """
            : "\(SearchForm(action: "/excess-list/passes", fields: [FormField("plate", "号牌号码", .text, value: plate, placeholder: "如 冀A12345")], table: "trail"))"
        let body: Markup = "\(search)\(plate == nil ? "<section id=\"trail\"></section>" : trail(found, context))"
        return Shell.page("车辆行踪（近 30 天）", crumbs: [Crumb("排放超标车辆名单", "/excess-list"), Crumb("车辆行踪")], active: "/excess-list", body: body, context: context)
    }

    // MARK: Listing

    @Sendable func newForm(request: Request, context: WebContext) async throws -> Response { form(nil, [], .ok, try context.signedIn(), context) }

    private func form(_ input: FormInput?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ principal: Principal, _ context: WebContext) -> Response {
        let fields = [
            FormField("plateNo", "号牌号码", .text, value: input?["plateNo"] ?? context.here["plate"], isRequired: true, placeholder: "如 冀A12345", maxLength: 12),
            FormField("plateColor", "号牌颜色", .select(PlateColor.all.map { Choice($0.code, $0.title) }), value: input?["plateColor"] ?? context.here["color"], isRequired: true),
            FormField("vin", "车辆识别代号", .text, value: input?["vin"], maxLength: 17),
            FormField("listKind", "名单类别", .radio(GateCodes.listKind.map { Choice($0.code, $0.title) }), value: input?["listKind"] ?? "excess", isRequired: true),
            FormField("authority", "认定单位", .text, value: input?["authority"] ?? principal.organisationName, isRequired: true, maxLength: 100, isWide: true),
            FormField("basis", "认定依据", .textArea(rows: 3), value: input?["basis"], isRequired: true, help: "如：路检路查不合格通知书编号、检测报告编号", maxLength: 500, isWide: true),
        ]
        let form = Form(action: "/excess-list/new", sections: [FormSection(nil, fields)], submit: "列入并下发到全部门禁", cancel: "/excess-list", findings: findings, context: context)
        return Shell.page(
            "列入排放超标车辆名单", crumbs: [Crumb("排放超标车辆名单", "/excess-list"), Crumb("列入")], active: "/excess-list", status: status,
            body: Shell.framed(form, context), context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let draft = ExcessListDesk.Request(
            plate: input["plateNo"] ?? "", color: input["plateColor"] ?? "", kind: input["listKind"] ?? "excess", authority: input["authority"] ?? "", basis: input["basis"] ?? "",
            vin: input["vin"])
        do {
            let record = try await gates.excessList.list(draft, by: principal)
            return Shell.done("\(record[ExcessEmissionList.plateNo] ?? "") 已列入名单，正在下发", to: "/excess-list/\(record.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            let findings = failure.fields.isEmpty ? [FieldFinding("plateNo", failure.code, failure.message, title: "号牌号码")] : failure.fields
            return form(input, findings, .unprocessableContent, principal, context)
        }
    }

    // MARK: Releasing

    @Sendable func releaseForm(request: Request, context: WebContext) async throws -> Response { try await askRelease([context.id()], batch: false, basis: nil, [], .ok, context) }

    @Sendable func askBatch(request: Request, context: WebContext) async throws -> Response {
        let ids = try await request.form(context).all("id").compactMap { Int64($0) }
        return try await askRelease(ids, batch: true, basis: nil, [], .ok, context)
    }

    private func askRelease(_ ids: [Int64], batch: Bool, basis: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) async throws -> Response
    {
        let principal = try context.signedIn()
        guard !ids.isEmpty, ids.count <= 200 else { throw Failure(.invalid, "JW-M072", ids.isEmpty ? "请先选择车辆" : "一次最多解除 200 辆") }
        let records = try await gates.database.read { [gates] reader in try ids.compactMap { try gates.ledgers.find(Self.ledger, id: $0, by: principal, in: reader) } }.filter {
            $0[ExcessEmissionList.state] == "recognized"
        }
        guard !records.isEmpty else { throw Failure(.conflict, "JW-M033", "所选车辆均已解除，无需重复解除") }
        let names = records.map { record -> Markup in "<li>\(plate(record))　\(record[ExcessEmissionList.authority])　\(record[ExcessEmissionList.recognizedAt])</li>" }
        var fields = [
            FormField("what", "共 \(records.count) 辆", .shown("<ul>\(names)</ul>"), isWide: true),
            FormField("releaseBasis", "解除依据", .textArea(rows: 3), value: basis, isRequired: true, help: "如：维修后复检合格报告编号；解除后立即下发到全部门禁", maxLength: 500, isWide: true),
        ]
        if batch { fields += records.map { FormField("id", "", .hidden, value: String($0.id)) } }
        let action = batch ? "/excess-list/release" : "/excess-list/\(records[0].id)/release"
        let form = Form(action: action, sections: [FormSection(nil, fields)], submit: "确认解除", cancel: "/excess-list", findings: findings, context: context)
        return Shell.page(
            "解除排放超标车辆", crumbs: [Crumb("排放超标车辆名单", "/excess-list"), Crumb("解除")], active: "/excess-list", status: status,
            body: Shell.framed(form, context), context: context)
    }

    @Sendable func release(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        return try await release([id], batch: false, try await request.form(context), context)
    }

    @Sendable func releaseBatch(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        return try await release(input.all("id").compactMap { Int64($0) }, batch: true, input, context)
    }

    private func release(_ ids: [Int64], batch: Bool, _ input: FormInput, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let basis = input["releaseBasis"] else {
            return try await askRelease(ids, batch: batch, basis: nil, [FieldFinding("releaseBasis", "required", "请写明依据", title: "解除依据")], .unprocessableContent, context)
        }
        guard !ids.isEmpty, ids.count <= 200 else { throw Failure(.invalid, "JW-M072", "请先选择车辆，一次最多解除 200 辆") }
        let desk = gates.excessList
        let records = try await gates.database.write { tx in try ids.map { try desk.release(id: $0, basis: basis, by: principal, in: tx) } }
        let message = records.count == 1 ? "\(records[0][ExcessEmissionList.plateNo] ?? "") 已解除，正在下发" : "已解除 \(records.count) 辆，正在下发"
        return Shell.done(message, to: batch ? "/excess-list" : "/excess-list/\(ids[0])", context: context)
    }
}

/// Where one vehicle passed: by the index on plate and time.
struct VehicleTrail: Sendable {
    static let limit = 200

    var id: Int64
    var org: Int64
    var gateNo: String
    var direction: String
    var verdict: String
    var action: String
    var passedAt: Moment

    /// Newest first.
    static func passes(of plate: String, since: Moment, scope: DataScope, in reader: any Reader) throws -> [VehicleTrail] {
        let sql: SQL = """
            SELECT id, org, gate_no, direction, verdict, barrier_action, passed_at FROM gate_pass WHERE plate_no = \(plate) AND passed_at >= \(since) AND \(scope.condition())
            ORDER BY passed_at DESC LIMIT \(limit)
            """
        return try reader.rows(sql).map { row in
            VehicleTrail(
                id: row[0].int ?? 0, org: row[1].int ?? 0, gateNo: row[2].text ?? "", direction: row[3].text ?? "", verdict: row[4].text ?? "", action: row[5].text ?? "",
                passedAt: Moment(milliseconds: row[6].int ?? 0))
        }
    }
}
