import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 登录与密码规则 (A-18, A-25 … A-27): every rule with its unit and what level 3 asks; a change acts on the next request.
struct PolicyPage: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/policy", permission: .named("policy.read"), use: show)
        routes.post("/admin/policy", permission: .named("policy.write"), isDangerous: true, use: Routes.guarded(.settingChange, save))
    }

    private static let days: [Choice] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"].enumerated().map { Choice(String($0.offset + 1), $0.element) }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response { try await page(platform.identity.policies.current, [], .ok, context) }

    private func page(
        _ policy: SignInPolicy, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext, networks: [String: String] = [:]
    ) async throws -> Response {
        let mayWrite = context.may("policy.write")
        let roles = try await platform.identity.roles.all()
        let bound = policy.terminalOrganisations
        let organisations = try await platform.database.read { [platform] reader in try bound.compactMap { try platform.identity.organisations.find($0, reader) } }
        var sections = PolicyNumber.Group.allCases.map { group in
            FormSection(
                group.title,
                PolicyNumber.all.filter { $0.group == group }.map { number in
                    var field = FormField(
                        number.name, number.title, .number(step: "1"), value: String(policy[keyPath: number.path]), isRequired: true, isReadOnly: !mayWrite, help: number.help)
                    field.unit = number.unit
                    return field
                })
        }
        let factor = FormField(
            "secondFactor", "动态口令（双因素）", .select(SignInPolicy.SecondFactor.allCases.map { Choice($0.rawValue, $0.title) }), value: policy.secondFactor.rawValue, isRequired: true,
            isReadOnly: !mayWrite, help: "三级要求两种以上鉴别方式")
        sections[1].fields.append(factor)
        sections[1].fields.append(
            FormField(
                "separatesDuties", "三员分立", .check("系统管理员不能修改权限、规则，不能查看审计"), value: policy.separatesDuties ? "1" : "", isReadOnly: !mayWrite,
                help: "系统、安全、审计管理员由不同的人担任"))
        sections.append(
            FormSection(
                "时间规则",
                [
                    FormField("weekdays", "允许登录的日子", .multiSelect(Self.days), values: policy.weekdays.map { String($0) }, isReadOnly: !mayWrite, isWide: true),
                    FormField("fromMinute", "从", .text, value: Self.clock(policy.fromMinute), isReadOnly: !mayWrite, help: "如 07:30；起止相同为全天"),
                    FormField("toMinute", "至", .text, value: Self.clock(policy.toMinute), isReadOnly: !mayWrite, help: "早于开始时间为次日"),
                ]))
        sections.append(
            FormSection(
                "终端规则",
                [
                    FormField(
                        "networks", "允许登录的网段", .textArea(rows: 3), value: networks["networks"] ?? policy.networks.map(\.text).joined(separator: "\n"), isReadOnly: !mayWrite,
                        help: "一行一个，如 10.20.0.0/16；不填为不限", isWide: true),
                    FormField(
                        "administratorNetworks", "管理员允许登录的网段", .textArea(rows: 3),
                        value: networks["administratorNetworks"] ?? policy.administratorNetworks.map(\.text).joined(separator: "\n"), isReadOnly: !mayWrite, help: "不填则与上同",
                        isWide: true),
                    FormField(
                        "innerNetworks", "办公与 VPN 网段", .textArea(rows: 2), value: networks["innerNetworks"] ?? policy.innerNetworks.map(\.text).joined(separator: "\n"),
                        isReadOnly: !mayWrite, help: "填写后，管理员从其他地址登录时只能查看，不能修改；互联网用户应经 VPN 接入", isWide: true),
                    FormField(
                        "neverBlocked", "不自动封禁的网段", .textArea(rows: 2), value: networks["neverBlocked"] ?? policy.neverBlocked.map(\.text).joined(separator: "\n"),
                        isReadOnly: !mayWrite, help: "如单位出口地址，避免一人误操作影响全单位；封禁记录见“封禁地址”", isWide: true),
                    FormField(
                        "oldestBrowsers", "浏览器版本下限", .text, value: networks["oldestBrowsers"] ?? policy.oldestBrowsers.map(\.text).joined(separator: "，"),
                        isReadOnly: !mayWrite, help: "如：Chrome 100，Edge 100；可用 Edge、Chrome、Firefox、Safari，不填为不限", isWide: true),
                    FormField(
                        "terminalRoles", "只能在已登记终端登录的角色", .multiSelect(roles.map { Choice($0.name, $0.title) }), values: policy.terminalRoles, isReadOnly: !mayWrite,
                        help: "在“终端登记”中批准", isWide: true),
                    FormField(
                        "terminalOrganisations", "只能在已登记终端登录的机构", .textArea(rows: 3),
                        value: networks["terminalOrganisations"] ?? organisations.map(\.code).joined(separator: "\n"), isReadOnly: !mayWrite, help: "一行一个机构编码，含其下级机构", isWide: true),
                ]))
        sections.append(
            FormSection(
                "登录方式",
                [
                    FormField("qrSignIn", "扫码登录", .check("用已登录的手机确认"), value: policy.qrSignIn ? "1" : "", isReadOnly: !mayWrite),
                    FormField("certificateSignIn", "证书与密钥登录", .check("用管理员登记的数字证书、SM2 或 RSA 密钥"), value: policy.certificateSignIn ? "1" : "", isReadOnly: !mayWrite),
                    FormField("smsSignIn", "短信验证码登录", .check("验证码发往账号登记的手机"), value: policy.smsSignIn ? "1" : "", isReadOnly: !mayWrite, help: "需配置短信通道；三级系统建议同时要求动态口令"),
                ]))
        sections.append(
            FormSection(
                "门口与外联",
                [
                    FormField(
                        "doorNotice", "登录页警示语", .textArea(rows: 2), value: policy.doorNotice, isReadOnly: !mayWrite,
                        help: "如：本系统仅供授权人员使用，一切操作均被记录。不填则不显示", maxLength: 300, isWide: true),
                    FormField(
                        "selfRegistration", "自助注册", .check("个人和企业可在登录页申请账号，由管理员审核开通"), value: policy.selfRegistration ? "1" : "", isReadOnly: !mayWrite,
                        help: "在“注册审核”中办理"),
                    FormField(
                        "watermark", "页面水印", .check("每个页面淡显登录人姓名、登录名与时间，打印时保留"), value: policy.watermark ? "1" : "", isReadOnly: !mayWrite,
                        help: "下次打开页面时生效"),
                    FormField(
                        "outboundNetworks", "允许本系统访问的内网网段", .textArea(rows: 2),
                        value: networks["outboundNetworks"] ?? policy.outboundNetworks.map(\.text).joined(separator: "\n"), isReadOnly: !mayWrite,
                        help: "外部登录服务、应用退出通知在内网时填写，一行一个；不填则只能访问公网 https 地址", isWide: true),
                ]))
        let shortfalls = policy.shortfalls
        let note: Markup =
            shortfalls.isEmpty
            ? "\(Notice(.good, "各项规则均达到等级保护三级的要求。"))"
            : "\(Notice(.yellow, "与等级保护三级要求的差距：<ul>\(shortfalls.map { text -> Markup in "<li>\(text)</li>" })</ul>"))"
        let form: Markup =
            mayWrite
            ? "\(Form(action: "/admin/policy", sections: sections, submit: "保存规则", cancel: "/", findings: findings, context: context))"
            : "\(sections.map { section -> Markup in "<h3>\(section.title)</h3><div class=\"form-grid\">\(section.fields)</div>" })"
        return Shell.page(
            "登录与密码规则", crumbs: [Crumb("系统"), Crumb("登录与密码规则")], active: "/admin/policy", status: status, body: "\(note)\(Card(body: form))", context: context)
    }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    private static func minute(_ text: String?) -> Int? {
        let parts = (text ?? "").split(whereSeparator: { $0 == ":" || $0 == "：" })
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute) else { return nil }
        return hour * 60 + minute
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 65_536)
        var policy = platform.identity.policies.current
        var findings: [FieldFinding] = []
        for number in PolicyNumber.all {
            guard let value = form[number.name].flatMap({ Int($0) }) else {
                findings.append(FieldFinding(number.name, "format", "须为整数", title: number.title))
                continue
            }
            policy[keyPath: number.path] = value
        }
        policy.secondFactor = form["secondFactor"].flatMap(SignInPolicy.SecondFactor.init) ?? policy.secondFactor
        policy.separatesDuties = form["separatesDuties"] == "1"
        policy.weekdays = form.all("weekdays").compactMap { Int($0) }
        for (name, title) in [("fromMinute", "从"), ("toMinute", "至")] where Self.minute(form[name]) == nil {
            findings.append(FieldFinding(name, "format", "须形如 07:30", title: title))
        }
        policy.fromMinute = Self.minute(form["fromMinute"]) ?? 0
        policy.toMinute = Self.minute(form["toMinute"]) ?? 0
        let networks = try Self.networks(form["networks"], "networks", "允许登录的网段", &findings)
        let administrators = try Self.networks(form["administratorNetworks"], "administratorNetworks", "管理员允许登录的网段", &findings)
        (policy.networks, policy.administratorNetworks) = (networks, administrators)
        policy.outboundNetworks = try Self.networks(form["outboundNetworks"], "outboundNetworks", "允许本系统访问的内网网段", &findings)
        policy.innerNetworks = try Self.networks(form["innerNetworks"], "innerNetworks", "办公与 VPN 网段", &findings)
        policy.neverBlocked = try Self.networks(form["neverBlocked"], "neverBlocked", "不自动封禁的网段", &findings)
        policy.oldestBrowsers = Self.browsers(form["oldestBrowsers"], &findings)
        policy.doorNotice = form["doorNotice"] ?? ""
        (policy.selfRegistration, policy.watermark) = (form["selfRegistration"] == "1", form["watermark"] == "1")
        policy.terminalRoles = form.all("terminalRoles").filter { !$0.isEmpty }
        (policy.qrSignIn, policy.certificateSignIn, policy.smsSignIn) = (form["qrSignIn"] == "1", form["certificateSignIn"] == "1", form["smsSignIn"] == "1")
        policy.terminalOrganisations = try await bound(form["terminalOrganisations"], &findings)
        let typed = [
            "innerNetworks": form["innerNetworks"] ?? "", "neverBlocked": form["neverBlocked"] ?? "", "oldestBrowsers": form["oldestBrowsers"] ?? "",
            "outboundNetworks": form["outboundNetworks"] ?? "", "networks": form["networks"] ?? "", "administratorNetworks": form["administratorNetworks"] ?? "",
            "terminalOrganisations": form["terminalOrganisations"] ?? "",
        ]
        guard findings.isEmpty else { return try await page(policy, findings, .unprocessableContent, context, networks: typed) }
        do {
            let (wanted, principal, policies) = (policy, try context.signedIn(), platform.identity.policies)
            try await platform.database.write { try policies.publish(wanted, by: principal, in: $0) }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await page(policy, failure.fields, .unprocessableContent, context, networks: typed)
        }
        return Shell.done("已保存，即时生效", to: "/admin/policy", context: context)
    }

    private func bound(_ text: String?, _ findings: inout [FieldFinding]) async throws -> [Int64] {
        let codes = (text ?? "").split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "，" || $0 == "、" }).map(String.init)
        var ids: [Int64] = []
        var unknown: [String] = []
        for code in codes.prefix(200) {
            if let found = try await platform.identity.organisations.find(code: code) { ids.append(found.id) } else { unknown.append(code) }
        }
        if !unknown.isEmpty {
            findings.append(FieldFinding("terminalOrganisations", "reference", "没有编码为“\(unknown.joined(separator: "、"))”的机构", title: "只能在已登记终端登录的机构"))
        }
        return ids
    }

    private static func browsers(_ text: String?, _ findings: inout [FieldFinding]) -> [BrowserFloor] {
        let lines = (text ?? "").split(whereSeparator: { ",，、;；\n".contains($0) }).map { String($0).trimmedSpaces }.filter { !$0.isEmpty }
        let wrong = lines.filter { BrowserFloor($0) == nil }
        if !wrong.isEmpty { findings.append(FieldFinding("oldestBrowsers", "format", "须形如 Chrome 100：\(wrong.joined(separator: "、"))", title: "浏览器版本下限")) }
        let floors = lines.compactMap { BrowserFloor($0) }
        if Set(floors.map(\.family)).count < floors.count { findings.append(FieldFinding("oldestBrowsers", "double", "同一浏览器只能写一次", title: "浏览器版本下限")) }
        return floors
    }

    private static func networks(_ text: String?, _ name: String, _ title: String, _ findings: inout [FieldFinding]) throws -> [NetworkRange] {
        let lines = (text ?? "").split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "，" || $0 == "、" }).map(String.init)
        let wrong = lines.filter { NetworkRange($0) == nil }
        if !wrong.isEmpty { findings.append(FieldFinding(name, "format", "不是网段：\(wrong.joined(separator: "、"))", title: title)) }
        return lines.compactMap { NetworkRange($0) }
    }
}
