import Kernel

/// One number of the sign-in policy: how it is stored, shown, checked, and what level 3 asks of it.
package struct PolicyNumber: Sendable {
    package let name: String
    package let title: String
    package let unit: String
    package let group: Group
    package let range: ClosedRange<Int>
    /// What assessors of level 3 accept.
    package let levelThree: ClosedRange<Int>
    package let help: String?
    package let path: any WritableKeyPath<SignInPolicy, Int> & Sendable

    package enum Group: String, Sendable, CaseIterable {
        case password, account, session, attack, audit

        package var title: String {
            switch self {
            case .password: "密码规则"
            case .account: "账户规则"
            case .session: "会话规则"
            case .attack: "攻击防护"
            case .audit: "审计规则"
            }
        }
    }

    init(
        _ name: String, _ title: String, unit: String, _ group: Group, _ range: ClosedRange<Int>, levelThree: ClosedRange<Int>, help: String? = nil,
        _ path: any WritableKeyPath<SignInPolicy, Int> & Sendable
    ) {
        self.name = name
        self.title = title
        self.unit = unit
        self.group = group
        self.range = range
        self.levelThree = levelThree
        self.help = help
        self.path = path
    }

    /// In form order.
    package static let all: [PolicyNumber] = [
        PolicyNumber("passwordLength", "密码最短长度", unit: "位", .password, 8...64, levelThree: 8...64, \.password.minimumLength),
        PolicyNumber("passwordKinds", "字符种类", unit: "种", .password, 1...4, levelThree: 3...4, help: "大写字母、小写字母、数字、符号", \.password.minimumKinds),
        PolicyNumber("passwordAge", "密码有效期", unit: "天", .password, 0...730, levelThree: 1...90, help: "0 为不限", \.passwordAgeDays),
        PolicyNumber("passwordHistory", "不得与最近几次密码相同", unit: "次", .password, 0...24, levelThree: 3...24, \.password.history),
        PolicyNumber("failures", "同一账号同一地址连续输错", unit: "次后锁定", .account, 3...20, levelThree: 3...5, help: "其他地址的本人不受影响", \.limits.perAccountAndAddress),
        PolicyNumber("failuresAccount", "同一账号陌生地址合计输错", unit: "次后锁定", .account, 5...200, levelThree: 5...100, help: "本人用过的地址不受影响", \.limits.perAccount),
        PolicyNumber("failuresAddress", "同一地址合计输错", unit: "次后锁定", .account, 10...1000, levelThree: 10...200, \.limits.perAddress),
        PolicyNumber("lockMinutes", "锁定时长", unit: "分钟", .account, 5...1440, levelThree: 10...1440, \.limits.windowMinutes),
        PolicyNumber("captchaAfter", "输错几次后须填验证码", unit: "次", .account, 0...20, levelThree: 0...5, help: "0 为总是", \.limits.captchaAfter),
        PolicyNumber("dormantDays", "多久未登录停用账号", unit: "天", .account, 0...730, levelThree: 1...180, help: "0 为不停用", \.dormantDays),
        PolicyNumber("idleMinutes", "无操作自动退出", unit: "分钟", .session, 5...480, levelThree: 5...30, \.idleMinutes),
        PolicyNumber("sessionHours", "单次登录最长", unit: "小时", .session, 1...24, levelThree: 1...24, \.sessionHours),
        PolicyNumber("concurrentSessions", "同一账号同时在线", unit: "处", .session, 0...50, levelThree: 1...10, help: "0 为不限；超过时最早的退出", \.concurrentSessions),
        PolicyNumber("confirmMinutes", "重要操作身份确认有效", unit: "分钟", .session, 1...60, levelThree: 1...30, \.confirmMinutes),
        PolicyNumber(
            "heartbeatMinutes", "登记终端失去心跳后退出登录", unit: "分钟", .session, 0...120, levelThree: 0...120, help: "0 为只显示失联，不退出；填写时不少于 3", \.heartbeatMinutes),
        PolicyNumber(
            "blockAfter", "同一地址 10 分钟内可疑请求达到", unit: "次即封禁", .attack, 0...10_000, levelThree: 10...1000,
            help: "试猜口令、超频、伪造签名各计一次，扫描探测计五次；0 为不自动封禁", \.blockAfter),
        PolicyNumber("blockMinutes", "自动封禁时长", unit: "分钟", .attack, 1...10_080, levelThree: 10...10_080, \.blockMinutes),
        PolicyNumber("auditMonths", "审计日志保存", unit: "个月", .audit, 6...240, levelThree: 6...240, \.auditMonths),
        PolicyNumber("exportsAnHour", "一小时内导出超过即报警", unit: "次", .audit, 3...1000, levelThree: 3...1000, \.exportsAnHour),
    ]
}

extension SignInPolicy {
    /// 0 for never.
    var passwordAgeDays: Int {
        get { password.maximumAgeDays ?? 0 }
        set { password.maximumAgeDays = newValue > 0 ? newValue : nil }
    }

    /// As stored and audited.
    package var json: JSONValue {
        var members: [(name: String, value: JSONValue)] = PolicyNumber.all.map { ($0.name, .int(Int64(self[keyPath: $0.path]))) }
        members += [
            ("secondFactor", .string(secondFactor.rawValue)), ("separatesDuties", .bool(separatesDuties)), ("weekdays", .array(weekdays.map { .int(Int64($0)) })),
            ("fromMinute", .int(Int64(fromMinute))),
            ("toMinute", .int(Int64(toMinute))), ("networks", .array(networks.map { .string($0.text) })),
            ("administratorNetworks", .array(administratorNetworks.map { .string($0.text) })), ("terminalRoles", .array(terminalRoles.map(JSONValue.string))),
            ("terminalOrganisations", .array(terminalOrganisations.map(JSONValue.int))), ("smsSignIn", .bool(smsSignIn)), ("qrSignIn", .bool(qrSignIn)),
            ("certificateSignIn", .bool(certificateSignIn)), ("outboundNetworks", .array(outboundNetworks.map { .string($0.text) })), ("doorNotice", .string(doorNotice)),
            ("selfRegistration", .bool(selfRegistration)), ("watermark", .bool(watermark)), ("innerNetworks", .array(innerNetworks.map { .string($0.text) })),
            ("oldestBrowsers", .array(oldestBrowsers.map { .string($0.text) })),
            ("formWaits", .array(formWaits.map { ["path": .string($0.path), "seconds": .int(Int64($0.seconds))] })),
            ("neverBlocked", .array(neverBlocked.map { .string($0.text) })),
        ]
        return .object(JSONObject(members))
    }

    /// What is missing keeps its default, so that an older stored policy still reads.
    init(json: JSONValue, otherwise: SignInPolicy) {
        self = otherwise
        for number in PolicyNumber.all { if let value = json[number.name]?.int { self[keyPath: number.path] = Int(value) } }
        if let value = json["secondFactor"]?.string.flatMap(SecondFactor.init) { secondFactor = value }
        if let separates = json["separatesDuties"]?.bool { separatesDuties = separates }
        if let days = json["weekdays"]?.array { weekdays = days.compactMap { $0.int.map { Int($0) } } }
        if let minute = json["fromMinute"]?.int { fromMinute = Int(minute) }
        if let minute = json["toMinute"]?.int { toMinute = Int(minute) }
        if let names = json["terminalRoles"]?.array { terminalRoles = names.compactMap(\.string) }
        if let ids = json["terminalOrganisations"]?.array { terminalOrganisations = ids.compactMap(\.int) }
        if let value = json["smsSignIn"]?.bool { smsSignIn = value }
        if let value = json["qrSignIn"]?.bool { qrSignIn = value }
        if let value = json["certificateSignIn"]?.bool { certificateSignIn = value }
        if let text = json["doorNotice"]?.string { doorNotice = text }
        if let value = json["selfRegistration"]?.bool { selfRegistration = value }
        if let value = json["watermark"]?.bool { watermark = value }
        if let texts = json["innerNetworks"]?.array { innerNetworks = texts.compactMap { $0.string.flatMap { NetworkRange($0) } } }
        if let texts = json["oldestBrowsers"]?.array { oldestBrowsers = texts.compactMap { $0.string.flatMap { BrowserFloor($0) } } }
        if let waits = json["formWaits"]?.array {
            formWaits = waits.compactMap { one in one["path"]?.string.flatMap { path in one["seconds"]?.int.map { FormWait(path: path, seconds: Int($0)) } } }
        }
        if let texts = json["neverBlocked"]?.array { neverBlocked = texts.compactMap { $0.string.flatMap { NetworkRange($0) } } }
        if let texts = json["outboundNetworks"]?.array { outboundNetworks = texts.compactMap { $0.string.flatMap { NetworkRange($0) } } }
        if let texts = json["networks"]?.array { networks = texts.compactMap { $0.string.flatMap { NetworkRange($0) } } }
        if let texts = json["administratorNetworks"]?.array { administratorNetworks = texts.compactMap { $0.string.flatMap { NetworkRange($0) } } }
    }

    /// Everything out of bounds.
    var findings: [FieldFinding] {
        var findings = PolicyNumber.all.filter { !$0.range.contains(self[keyPath: $0.path]) }.map { number in
            FieldFinding(number.name, "range", "须在 \(number.range.lowerBound)–\(number.range.upperBound) 之间", title: number.title)
        }
        if weekdays.isEmpty || !weekdays.allSatisfy((1...7).contains) { findings.append(FieldFinding("weekdays", "required", "至少选择一天", title: "允许登录的日子")) }
        if !(0..<1440).contains(fromMinute) || !(0..<1440).contains(toMinute) { findings.append(FieldFinding("fromMinute", "range", "须为 00:00–23:59", title: "允许登录的时段")) }
        if formWaits.count > 100 || !formWaits.allSatisfy({ FormWait.range.contains($0.seconds) }) {
            findings.append(FieldFinding("seconds", "range", "须在 1–600 秒之间，至多 100 个表单", title: "等待秒数"))
        }
        if doorNotice.count > 300 { findings.append(FieldFinding("doorNotice", "length", "至多 300 个字", title: "登录页警示语")) }
        return findings
    }

    /// In what this falls short of level 3, one sentence each; empty when it does not.
    package var shortfalls: [String] {
        var shortfalls = PolicyNumber.all.filter { !$0.levelThree.contains(self[keyPath: $0.path]) }.map { number in
            "\(number.title)为 \(self[keyPath: number.path]) \(number.unit)，三级要求 \(number.levelThree.lowerBound)–\(number.levelThree.upperBound)"
        }
        if secondFactor == .optional { shortfalls.append("未要求双因素登录，三级要求两种以上鉴别方式且至少一种使用密码技术") }
        if !separatesDuties { shortfalls.append("未启用三员分立，系统管理员可以修改权限并查看审计日志") }
        return shortfalls
    }
}
