import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B2.1.2: look for the subject first; one that is not there is registered; without a subject nobody is punished.
struct SubjectPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let acts = RoutePermission.named(EnforcementPermission.field)
        routes.get("/enforcement/subjects", permission: acts, use: find)
        routes.get("/enforcement/subjects/new", permission: acts) { _, context in try await form(context, [:], [], .ok) }
        routes.post("/enforcement/subjects/new", permission: acts, use: register)
        routes.get("/enforcement/subjects/{id}/code", permission: .named(EnforcementSubject.ledger.readPermission), use: code)
    }

    /// `GET /enforcement/subjects?q=`: by name, plate, address or credit code; by an identity number where one is written whole.
    @Sendable func find(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here)
        let presenter = platform.dictionaries
        var rows: [TableRow] = []
        if let keyword = window.keyword {
            var query = LedgerQuery(ledger: EnforcementSubject.ledger.name, search: keyword, limit: 50)
            let card = IDCard(normalizing: keyword)
            if card.isValid { (query.search, query.filters) = (nil, [LedgerQuery.Filter("idCard", .eq, [card.text])]) }
            let page = try await platform.ledgers.list(query, by: principal)
            rows = page.records.map { record in
                let state = record.values["state"]?.text ?? "normal"
                let cells: [Markup] = [
                    "\(record.values["name"]?.text)", "\(presenter.title(of: record.values["kind"]?.text ?? "", in: .transportSubjectKind))", "\(record.values["plateNo"]?.text)",
                    "\(record.values["address"]?.text)", "\(Badge(presenter.title(of: state, in: .transportSubjectState), Self.tone(state), isDot: true))",
                ]
                let act = ActionButton("执法", .link("/enforcement/subjects/\(record.id)/case"), icon: "shield", style: .primary)
                return TableRow(id: String(record.id), cells, actions: "\(act)")
            }
        }
        let new = ActionButton("登记新主体", .link("/enforcement/subjects/new" + (window.keyword.map { "?name=\(FormEncoding.encode($0))" } ?? "")), icon: "plus")
        let columns = [Column("name", "名称", isWrapping: true), Column("kind", "类别"), Column("plate", "车牌号码"), Column("address", "地址", isWrapping: true), Column("state", "状态")]
        let list = ListPage(
            "查找主体并执法", at: "/enforcement/subjects", crumbs: [Crumb(EnforcementArea.cases), Crumb("查找主体并执法")], id: "subjects", columns: columns,
            filters: [.keyword(context, "名称、车牌号码、地址、身份证号码")],
            empty: window.keyword == nil ? "请先输入名称、车牌号码或身份证号码查找；平台没有登记的，登记后再执法" : "没有找到，可登记为新主体", add: new)
        return list.response(rows, nil, context)
    }

    static func tone(_ state: String) -> Tone {
        switch state {
        case "normal": .good
        case "locked": .orange
        case "abnormal": .red
        default: .muted
        }
    }

    // MARK: A new one

    private static let names = ["name", "kind", "plateNo", "contact", "phone", "address", "businessScope", "creditCode", "idCard", "location"]

    private func form(_ context: WebContext, _ values: [String: String], _ findings: [FieldFinding], _ status: HTTPResponse.Status) async throws -> Response {
        let principal = try context.signedIn()
        let (counties, grids) = try await platform.database.read { [platform] reader -> ([Choice], [Choice]) in
            let counties = try platform.identity.organisations.page(kind: .county, scope: principal.scope, limit: 300, reader)
            let admitted = counties.isEmpty ? try Self.ownCounty(principal, platform, reader) : counties
            let units = try reader.rows(
                "SELECT id, name, area FROM units WHERE tree = 'grid' AND state = 'active' AND area IN (\(list: admitted.map(\.area))) ORDER BY area, path LIMIT 500")
            return (
                admitted.map { Choice(String($0.id), $0.name) },
                units.map { row in Choice(String(row.int("id") ?? 0), row.text("name") ?? "", group: admitted.first { $0.area == row.text("area") }?.name) }
            )
        }
        let kinds = platform.dictionaries.items(.transportSubjectKind, on: platform.clock.today).map { Choice($0.code, $0.title) }
        func value(_ name: String) -> String? { values[name] ?? context.here[name] }
        let fields = [
            FormField("name", "名称", .text, value: value("name"), isRequired: true, help: "企业全称；个人填写姓名", maxLength: 60),
            FormField("kind", "类别", .select(kinds), value: value("kind") ?? "individual", isRequired: true),
            FormField("plateNo", "车牌号码", .text, value: value("plateNo"), maxLength: 80),
            FormField("contact", "联系人", .text, value: value("contact"), maxLength: 30), FormField("phone", "联系电话", .text, value: value("phone"), maxLength: 20),
            FormField("county", "所属县区", .select(counties), value: value("county") ?? counties.first?.value, isRequired: true),
            FormField("grid", "所属网格", .select([Choice("", "按位置自动归属")] + grids), value: value("grid")),
            FormField("address", "地址", .text, value: value("address"), maxLength: 200, isWide: true),
            FormField("location", "位置", .mapPoint, value: value("location"), isWide: true),
        ]
        let more = [
            FormField("businessScope", "经营范围", .text, value: value("businessScope"), maxLength: 300, isWide: true),
            FormField("creditCode", "统一社会信用代码", .text, value: value("creditCode"), maxLength: 18),
            FormField("idCard", "身份证号码", .text, value: value("idCard"), help: "个人填写", maxLength: 18),
        ]
        let form = Form(
            action: "/enforcement/subjects/new", sections: [FormSection(nil, fields), FormSection("其他", more)], submit: "登记并执法", cancel: "/enforcement/subjects",
            findings: findings,
            context: context)
        return Shell.page(
            "登记主体", crumbs: [Crumb(EnforcementArea.cases), Crumb("查找主体并执法", "/enforcement/subjects"), Crumb("登记主体")], active: "/enforcement/subjects", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// Of somebody whose area is one county.
    private static func ownCounty(_ principal: Principal, _ platform: Platform, _ reader: any Reader) throws -> [Organisation] {
        guard let own = try principal.organisation.flatMap({ try platform.identity.organisations.find($0, reader) }) else { return [] }
        return own.kind == .county ? [own] : try platform.identity.organisations.children(of: own.id, reader).filter { $0.kind == .county }
    }

    @Sendable func register(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        var written: [String: String] = [:]
        for name in Self.names + ["county", "grid"] { written[name] = input[name] }
        let texts = written
        do {
            let record = try await platform.database.write { [platform] tx in
                var values: [String: JSONValue] = [:]
                for name in Self.names { if let text = texts[name] { values[name] = .string(text) } }
                return try SubjectRegistration(platform: platform).register(
                    values, county: texts["county"].flatMap { Int64($0) } ?? 0, grid: texts["grid"].flatMap { Int64($0) }, by: principal, in: tx)
            }
            return Shell.done("已登记", to: "/enforcement/subjects/\(record.id)/case", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, texts, failure.fields, .unprocessableContent)
        }
    }

    // MARK: The code on its door

    @Sendable func code(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        guard let record = try await platform.ledgers.find(EnforcementSubject.ledger.name, id: id, by: principal) else { throw Failure.notFound("该主体") }
        let path = EnforcementSubject.codePath(of: id, platform.keys)
        let settings = context.site.settings
        let origin = settings.publicAddress.isEmpty ? "\(settings.isSecure ? "https" : "http")://\(request.head.authority ?? "localhost")" : settings.publicAddress
        let name = record.values["name"]?.text ?? ""
        let body: Markup = """
            \(Self.styles(context))<div class="subject-code">\(SquareCode(origin + path, label: "主体二维码"))<strong>\(name)</strong><p class="nothing">检查、执法人员扫码查看主体并执行检查</p>\
            <p><a href="\(path)" hx-boost="false">\(Icon("link"))打开主体页</a></p></div>
            """
        return Shell.page(
            "\(name)：二维码", crumbs: [Crumb("运输主体", "/ledgers/transportSubject"), Crumb(name, "/ledgers/transportSubject/\(id)"), Crumb("二维码")], active: "/ledgers/transportSubject",
            actions: "\(ActionButton("打印", .print, icon: "print"))", body: Shell.framed(body, context), context: context)
    }

    /// The style sheet of this domain's pages.
    static func styles(_ context: WebContext) -> Markup { "<link rel=\"stylesheet\" href=\"\(context.site.assets.path("enforcement.css"))\">" }
}
