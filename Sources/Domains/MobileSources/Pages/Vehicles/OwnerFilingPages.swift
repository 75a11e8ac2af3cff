import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web

/// A-12 车主扫码备案: the sheet with the code that an enterprise hangs out, and the pages on an owner's telephone (also inside WeChat), which need no account.
struct OwnerFilingPages: Sendable {
    let gates: GateSupervision
    let links: MACKey

    func add(to routes: Routes) {
        routes.get("/owner-code", permission: .named(RegisteredVehicle.ledger.readPermission), use: sheet)
        routes.get("/m/filing/{code}", permission: .open, use: blank)
        routes.post("/m/filing/{code}", permission: .open, use: file)
        routes.get("/m/filed/{code}", permission: .open, use: filed)
        routes.get("/m/filed/{code}/mend", permission: .open, use: mendForm)
        routes.post("/m/filed/{code}/mend", permission: .open, use: mend)
    }

    // MARK: The enterprise's sheet

    /// `GET /owner-code?org=`: to be printed and hung out at the gate.
    @Sendable func sheet(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let sites = gates.registry.snapshot.enterprises.values.filter { principal.scope.admits(org: $0.org, area: $0.county) }.sorted { $0.name < $1.name }
        guard let site = sites.first(where: { context.here["org"] == String($0.org) }) ?? sites.first else {
            return Shell.page("车主扫码备案", active: "/owner-code", body: "\(EmptyState("没有联网企业", hint: "企业联网后可在这里打印备案码", icon: "factory"))", context: context)
        }
        let path = "/m/filing/\(OwnerFilings.siteCode(site.org, links))"
        let address =
            context.site.settings.publicAddress.isEmpty
            ? (context.site.settings.isSecure ? "https://" : "http://") + (request.head.authority ?? "") : context.site.settings.publicAddress
        let choice: Markup =
            sites.count < 2
            ? .empty
            : """
            <form class="row-flex no-print" method="get" action="/owner-code"><label for="org">企业</label><select id="org" name="org" class="form-select">\
            \(sites.map { other -> Markup in "<option value=\"\(other.org)\"\(Markup.flag("selected", other.org == site.org))>\(other.name)</option>" })</select><button class="btn" type="submit">显示</button></form>
            """
        let paper: Markup = """
            <article class="owner-sheet"><h2>\(site.name)</h2><p>进厂车辆备案</p>\(SquareCode(address + path, label: "车主扫码备案二维码"))<ol><li>用微信或手机浏览器扫码</li><li>填写车辆信息，拍摄行驶证和随车清单</li>\
            <li>保存查询链接，审核通过后按规定通行</li></ol></article>
            """
        let help: Markup = """
            <ul class="findings"><li>打印后张贴在门岗、磅房等车主看得到的地方。</li><li>车主提交的备案与企业提交的一样，由生态环境部门校验后生效。</li><li>车主备案的车辆进入其他联网企业后，自动列入该企业的备案车辆。</li></ul>\
            <p><a href="\(path)" target="_blank" hx-boost="false">\(Icon("link"))打开车主填写页</a></p>
            """
        let list = LedgerQuery(ledger: RegisteredVehicle.ledger.name, filters: [.init("org", .eq, [String(site.org)]), .init("filedBy", .eq, ["owner"])])
        let actions: Markup =
            "\(ActionButton("车主备案清单", .link("/ledgers/\(RegisteredVehicle.ledger.name)?\(list.urlQuery)"), icon: "list"))\(ActionButton("打印", .print, icon: "print", style: .primary))"
        return Shell.page(
            "车主扫码备案", crumbs: [Crumb("企业自助"), Crumb("车主扫码备案")], active: "/owner-code", actions: actions,
            body: "\(GateAssets.links(context))\(choice)\(Grid(.mainAside, ["\(Card(body: paper))", "\(Card("使用说明", body: help))"]))", context: context)
    }

    // MARK: On the owner's telephone

    private func site(_ context: WebContext) throws -> EnterpriseFacts {
        guard let org = OwnerFilings.site(of: try context.path("code"), links), let site = gates.registry.snapshot.enterprises[org], site.isConnected else {
            throw Failure.notFound("该备案码")
        }
        return site
    }

    /// `GET /m/filing/{code}`.
    @Sendable func blank(request: Request, context: WebContext) async throws -> Response {
        let site = try site(context)
        return form("车辆备案", site.name, FormInput(items: []), action: context.here.path, submit: "提交备案", cancel: nil, findings: [], context)
    }

    /// `POST /m/filing/{code}`.
    @Sendable func file(request: Request, context: WebContext) async throws -> Response {
        let site = try site(context)
        let input = try await request.form(context)
        var kept = input
        do {
            let draft = try await draft(input, org: site.org, keeping: &kept)
            let record = try await gates.ownerFilings.file(draft, org: site.org)
            return Shell.done("已提交，请保存本页链接以便查询", to: "/m/filed/\(OwnerFilings.filingCode(record.id, links))", context: context)
        } catch let failure as Failure where [.invalid, .conflict, .tooMany].contains(failure.kind) {
            return form("车辆备案", site.name, kept, action: context.here.path, submit: "提交备案", cancel: nil, findings: OwnerFilingPages.findings(failure), context)
        }
    }

    private func filing(_ context: WebContext) async throws -> (Record, EnterpriseFacts) {
        guard let id = OwnerFilings.filing(of: try context.path("code"), links) else { throw Failure.notFound("该备案") }
        let record = try await gates.database.read { [gates] in try gates.ownerFilings.find(id, in: $0) }
        guard let record, let site = record.org.flatMap({ gates.registry.snapshot.enterprises[$0] }) else { throw Failure.notFound("该备案") }
        return (record, site)
    }

    /// `GET /m/filed/{code}`: how the filing stands. Whoever has the link may read it, so it shows no name, number or picture.
    @Sendable func filed(request: Request, context: WebContext) async throws -> Response {
        let (record, site) = try await filing(context)
        let state = record[RegisteredVehicle.filingState] ?? "pending"
        let (tone, hint): (Tone, String) =
            switch state {
            case "approved": (.good, "已备案，可在各联网企业按规定通行")
            case "rejected": (.red, record[RegisteredVehicle.filingOpinion] ?? "请修改后重新提交")
            default: (.yellow, "正在等待生态环境部门校验，请稍后查询")
            }
        let stage = EmissionStage(rawValue: record[RegisteredVehicle.emissionStage] ?? "")?.title ?? "未知"
        let items: [DescriptionList.Item] = [
            .init("号牌", "\(PlateTag(record[RegisteredVehicle.plateNo] ?? "", record[RegisteredVehicle.plateColor].flatMap(PlateColor.init(rawValue:)) ?? .other))"),
            .init("状态", "\(Badge(GateCodes.filingState.title(of: state), tone))"),
            .init("排放阶段", "\(stage)（\(GateCodes.stageBasis.title(of: record[RegisteredVehicle.stageBasis] ?? "9"))）"),
            .init("备案企业", "\(site.name)"), .init("提交时间", "\(record.createdAt)"),
        ]
        let mend: Markup = state == "approved" ? .empty : "<a class=\"btn btn-primary btn-wide\" href=\"\(context.here.path)/mend\">修改并重新提交</a>"
        let body: Markup = """
            \(GateAssets.links(context))<article class="owner stack"><h1>车辆备案查询</h1>\(Notice(tone, "\(hint)"))\(Card(body: "\(DescriptionList(items, columns: 1))\(mend)"))\
            <p class="nothing">请收藏本页；遗失链接后请联系备案企业查询。</p></article>
            """
        return Shell.page("车辆备案查询", layout: .bare, body: body, context: context)
    }

    /// `GET /m/filed/{code}/mend`: what was filed, but for the owner's name and number, which only they know.
    @Sendable func mendForm(request: Request, context: WebContext) async throws -> Response {
        let (record, site) = try await filing(context)
        var items = OwnerFilingPages.shown.compactMap { name in record.values[name]?.text.map { PageAddress.QueryItem(name, $0) } }
        if let day = record[RegisteredVehicle.registeredOn] { items.append(.init("registeredOn", day.text)) }
        return form("修改备案", site.name, FormInput(items: items), action: context.here.path, submit: "重新提交", cancel: back(context), findings: [], context)
    }

    /// `POST /m/filed/{code}/mend`.
    @Sendable func mend(request: Request, context: WebContext) async throws -> Response {
        let (record, site) = try await filing(context)
        let input = try await request.form(context)
        var kept = input
        do {
            let draft = try await draft(input, org: site.org, keeping: &kept)
            _ = try await gates.ownerFilings.mend(record.id, draft)
            return Shell.done("已重新提交", to: back(context), context: context)
        } catch let failure as Failure where [.invalid, .conflict].contains(failure.kind) {
            return form("修改备案", site.name, kept, action: context.here.path, submit: "重新提交", cancel: back(context), findings: OwnerFilingPages.findings(failure), context)
        }
    }

    private func back(_ context: WebContext) -> String { String(context.here.path.dropLast("/mend".count)) }

    private static func findings(_ failure: Failure) -> [FieldFinding] {
        failure.fields.isEmpty ? [FieldFinding("plateNo", failure.code, failure.message, title: "号牌号码")] : failure.fields
    }

    // MARK: The form

    /// What may be shown again to whoever has the link.
    private static let shown = ["plateNo", "plateColor", "vin", "engineNo", "model", "vehicleType", "useNature", "fuel", "emissionStage", "licencePhoto", "manifestPhoto"]
    private static let photoTitles = ["licencePhoto": "行驶证照片", "manifestPhoto": "随车清单照片"]

    private func form(
        _ title: String, _ site: String, _ input: FormInput, action: String, submit: String, cancel: String?, findings: [FieldFinding], _ context: WebContext
    ) -> Response {
        func choices(_ items: [CodeItem], _ empty: String) -> [Choice] { [Choice("", empty)] + items.map { Choice($0.code, $0.title) } }
        let car: [FormField] = [
            FormField("plateNo", "号牌号码", .text, value: input["plateNo"], isRequired: true, placeholder: "冀A12345", maxLength: 12),
            FormField(
                "plateColor", "号牌颜色", .select(PlateColor.allCases.map { Choice($0.rawValue, $0.plateTitle) }), value: input["plateColor"] ?? PlateColor.yellow.rawValue,
                isRequired: true),
            FormField("vehicleType", "车辆类型", .select(choices(VehicleTypeCode.all, "请按行驶证选择")), value: input["vehicleType"]),
            FormField("fuel", "燃料种类", .select(choices(FuelCode.all.filter { $0.code != "X" }, "请选择")), value: input["fuel"], isRequired: true),
            FormField(
                "emissionStage", "排放阶段", .select(EmissionStage.allCases.map { Choice($0.rawValue, $0 == .unknown ? "不清楚，由平台判定" : $0.title) }),
                value: input["emissionStage"] ?? EmissionStage.unknown.rawValue, isRequired: true, help: "见随车清单；平台按标准核定"),
            FormField("vin", "车辆识别代号", .text, value: input["vin"], isRequired: true, help: "行驶证上的 17 位代号", maxLength: 17),
            FormField("registeredOn", "注册登记日期", .day, value: input["registeredOn"], isRequired: true),
            FormField("engineNo", "发动机号", .text, value: input["engineNo"], maxLength: 32), FormField("model", "品牌型号", .text, value: input["model"], maxLength: 64),
        ]
        let owner: [FormField] = [
            FormField("owner", "所有人或车队", .text, value: input["owner"], isRequired: true, maxLength: 100),
            FormField("ownerPhone", "联系电话", .text, value: input["ownerPhone"], isRequired: true, help: "仅用于备案联系", maxLength: 20),
        ]
        let papers = ["licencePhoto", "manifestPhoto"].map { name -> FormField in
            let has = input[name] != nil
            return FormField(
                name, OwnerFilingPages.photoTitles[name] ?? "", .photo(isMultiple: false), isRequired: name == "licencePhoto" && !has, help: has ? "已上传，重新拍摄则替换" : "拍摄清晰，四角完整")
        }
        let hidden = ["licencePhoto", "manifestPhoto"].compactMap { name in
            input[name].map { sha256 -> Markup in "<input type=\"hidden\" name=\"\(name)Kept\" value=\"\(sha256)\">" }
        }
        let sheet = Form(
            action: action, sections: [FormSection("车辆", car), FormSection("联系人", owner), FormSection("证照", papers)], submit: submit, cancel: cancel, findings: findings,
            extra: .joined(hidden),
            context: context)
        let body: Markup = "\(GateAssets.links(context))<article class=\"owner stack\"><h1>\(title)</h1><p class=\"nothing\">\(site)</p>\(Card(body: "\(sheet)"))</article>"
        return Shell.page(title, status: findings.isEmpty ? .ok : .unprocessableContent, layout: .bare, body: body, context: context)
    }

    /// Reads the form and stores its pictures; `kept` is what is shown again when something is wrong, with the pictures that are here already.
    private func draft(_ input: FormInput, org: Int64, keeping kept: inout FormInput) async throws -> Draft {
        var draft = Draft()
        for name in ["plateNo", "plateColor", "vehicleType", "fuel", "emissionStage", "vin", "registeredOn", "engineNo", "model", "owner", "ownerPhone"] {
            draft.values[name] = input[name].map { .string($0) } ?? .null
        }
        var findings: [FieldFinding] = []
        for (name, title) in [("vin", "车辆识别代号"), ("registeredOn", "注册登记日期"), ("owner", "所有人或车队"), ("ownerPhone", "联系电话")] where input[name] == nil {
            findings.append(FieldFinding(name, "required", "不能为空", title: title))
        }
        for name in ["licencePhoto", "manifestPhoto"] {
            let title = OwnerFilingPages.photoTitles[name] ?? ""
            var sha256 = input[name + "Kept"]
            // Only a picture that came to this enterprise may be named again.
            if let said = sha256, try await gates.photos.photo(said)?.organisation != org { sha256 = nil }
            if let file = input.files(name).first, !file.bytes.isEmpty {
                do {
                    sha256 = try await gates.photos.receive(file.bytes, expectedSHA256: nil, organisation: org, clock: gates.clock).sha256
                } catch let failure as Failure where failure.kind == .invalid || failure.kind == .tooLarge {
                    findings.append(FieldFinding(name, failure.code, failure.message, title: title))
                }
            }
            kept.items.removeAll { $0.name == name }
            if let sha256 { kept.items.append(.init(name, sha256)) }
            if let sha256 { draft.values[name] = .string(sha256) } else if name == "licencePhoto" { findings.append(FieldFinding(name, "required", "请拍摄行驶证", title: title)) }
        }
        // The ledger's own findings are shown with these, all at once.
        let judged = try gates.ledgers.findings(RegisteredVehicle.ledger.name, draft, by: .system(OwnerFilings.principalName))
        findings += judged.filter { other in !findings.contains { $0.field == other.field } }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return draft
    }
}
