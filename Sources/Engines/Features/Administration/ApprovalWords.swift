import Identity
import Ledgers
import Storage

/// A request that waits for a second person, as an official reads it: what it would do, the names of its fields, and their values.
struct ApprovalWords: Sendable {
    let ledgers: LedgerEngine
    /// Names of settings that features declare, with their titles.
    let titles: [String: String]

    /// `导出“备案车辆”`, `冻结账号（第 12 号）`; the act's own title where nothing more is known.
    func operation(_ one: DualApproval) -> String {
        let path = one.path.split(separator: "?").first.map(String.init) ?? one.path
        let parts = path.split(separator: "/").map(String.init)
        if parts.starts(with: ["admin", "data-levels"]), let name = parts.last { return "修改“\(ledgers.declaration(name)?.title ?? name)”的安全等级" }
        return ledger(parts, one.method) ?? Self.fixed(parts) ?? one.act?.title ?? path
    }

    private func ledger(_ parts: [String], _ method: String) -> String? {
        let rest: [String]
        switch parts.first {
        case "ledgers": rest = Array(parts.dropFirst())
        case "api": rest = Array(parts.dropFirst(2))
        default: return nil
        }
        guard let name = rest.first, let ledger = ledgers.declaration(name) else { return nil }
        let title = "“\(ledger.title)”"
        if rest.contains("export") { return "导出\(title)" }
        if rest.contains("batch") { return "批量删除\(title)的记录" }
        let record = rest.count > 1 ? "第 \(rest[1]) 号记录" : "记录"
        switch rest.last {
        case "delete": return "删除\(title)\(record)"
        case "restore": return "恢复\(title)\(record)"
        case "reveal": return "查看\(title)\(record)的个人信息原文"
        default: return method == "DELETE" ? "删除\(title)\(record)" : nil
        }
    }

    private static func fixed(_ parts: [String]) -> String? {
        let pattern = parts.map { $0.allSatisfy(\.isNumber) ? "#" : $0 }.joined(separator: "/")
        guard let title = operations[pattern] else { return nil }
        return parts.first { $0.allSatisfy(\.isNumber) }.map { "\(title)（第 \($0) 号）" } ?? title
    }

    private static let operations: [String: String] = [
        "admin/roles/new": "新增角色", "admin/roles/#": "修改角色", "admin/roles/#/delete": "删除角色", "admin/users/#/edit": "修改账号", "admin/users/#/freeze": "冻结账号",
        "admin/users/#/password": "重置密码", "admin/users/#/departure": "办理离职", "admin/users/#/second/reset": "重置动态口令", "admin/users/#/grants/new": "临时授权",
        "admin/policy": "修改登录与密码规则", "admin/dual-control": "修改双人复核事项", "admin/approval-flows": "修改审核流程配置", "admin/bounds/#": "设定单位权限上限", "admin/bounds/#/lift": "取消单位权限上限",
        "admin/providers/new": "新增外部登录服务", "admin/providers/#": "修改外部登录服务",
        "admin/backups/settings": "修改备份设置", "admin/applications/#/approve": "批准应用接入", "admin/applications/#/decide/suspended": "停用应用",
        "admin/applications/#/decide/approved": "恢复应用", "admin/applications/#/decide/rejected": "不批准应用接入", "admin/applications/#/secret": "更换应用密钥",
        "gate-settings": "修改门禁监管设置", "retention": "修改保存期限", "audit/export": "导出审计日志",
    ]

    /// The title of a field of the request's form.
    func title(_ field: String, of one: DualApproval) -> String {
        if let title = titles[field] ?? Self.fields[field] ?? DualAct.named(field)?.title ?? PolicyNumber.all.first(where: { $0.name == field })?.title { return title }
        if let setting = ledgerOf(one)?.fields.first(where: { $0.name == field })?.title { return setting }
        return field.isEmpty ? "提交的数据" : field
    }

    private func ledgerOf(_ one: DualApproval) -> LedgerDeclaration? {
        one.path.split(separator: "/").lazy.compactMap { part in part.split(separator: "?").first.flatMap { ledgers.declaration(String($0)) } }.first
    }

    private static let fields: [String: String] = [
        "reason": "原因", "query": "筛选条件", "cols": "导出的列", "format": "文件格式", "ids": "记录编号", "id": "记录编号", "field": "查看的字段", "fields": "查看的字段", "_version": "记录版本",
        "title": "名称", "name": "姓名或名称", "scope": "数据范围", "kinds": "适用机构", "permissions": "权限", "roles": "角色", "role": "角色", "login": "登录名", "phone": "电话",
        "lastDay": "有效期至", "organisation": "所属机构", "successor": "接收人", "from": "开始日期", "until": "截止日期", "password": "密码", "secret": "密钥",
        "secondFactor": "动态口令（双因素）", "separatesDuties": "三员分立", "weekdays": "允许登录的日子", "fromMinute": "允许登录时间：从", "toMinute": "允许登录时间：至",
        "networks": "允许登录的网段", "administratorNetworks": "管理员允许登录的网段", "outboundNetworks": "允许本系统访问的内网网段", "terminalRoles": "只能在已登记终端登录的角色",
        "terminalOrganisations": "只能在已登记终端登录的机构", "doorNotice": "登录警示语", "qrSignIn": "扫码登录", "certificateSignIn": "证书与密钥登录", "smsSignIn": "短信验证码登录",
        "forbiddenWords": "密码禁用词", "hours": "复核有效期（小时）", "issuer": "颁发者地址", "clientId": "应用编号", "isOn": "启用", "rule": "准入", "gateClaim": "条件：声明名称",
        "gateValue": "条件：取值", "loginClaim": "登录名取自", "nameClaim": "姓名取自", "backupFolder": "备份目录", "backupMinute": "每天备份时间", "backupCopies": "保留份数",
        "drillDays": "演练间隔（天）", "drillDatabase": "演练用的空库", "purpose": "用途", "grants": "授权方式", "redirects": "回调地址", "scopes": "权限范围", "note": "说明", "kind": "类别", "opinion": "意见",
    ]

    /// Fields that nobody is shown.
    private static let secrets: Set<String> = ["secret", "password", "current", "again", "drillDatabase"]
    /// Fields of which `1` means yes.
    private static let switches: Set<String> = ["separatesDuties", "qrSignIn", "certificateSignIn", "smsSignIn", "isOn", "approvesFilingsItself"]
    private static let days = ["1": "周一", "2": "周二", "3": "周三", "4": "周四", "5": "周五", "6": "周六", "7": "周日"]

    /// - Parameter known: titles of roles by id, of permissions by name, names of people by id.
    func value(_ field: String, _ value: String, known: Known) -> String {
        if Self.secrets.contains(field) { return value.isEmpty ? "" : "••••••" }
        switch field {
        case "role", "roles": return known.roles[value] ?? value
        case "permissions": return known.permissions[value] ?? value
        case "successor": return known.people[value] ?? value
        case "scope": return ScopeRule(rawValue: value)?.title ?? value
        case "kinds": return Organisation.Kind(rawValue: value)?.title ?? value
        case "secondFactor": return SignInPolicy.SecondFactor(rawValue: value)?.title ?? value
        case "weekdays": return Self.days[value] ?? value
        case "query" where value.isEmpty: return "全部记录"
        case "cols" where value.isEmpty: return "默认的列"
        default: break
        }
        if Self.switches.contains(field) { return value == "1" ? "是" : "否" }
        if DualAct.named(field) != nil { return value == "0" ? "不需复核" : "\(value) 人同意" }
        return value
    }

    /// What stands behind the numbers and names of a request.
    struct Known: Sendable {
        var roles: [String: String] = [:]
        var permissions: [String: String] = [:]
        var people: [String: String] = [:]
        /// The name of the application or role that the act is about.
        var subject: String?
    }

    /// Many values of one field are one line.
    func lines(_ fields: [(name: String, value: String)], of one: DualApproval, known: Known) -> [(title: String, value: String)] {
        var order: [String] = [], values: [String: [String]] = [:]
        for field in fields {
            if values[field.name] == nil { order.append(field.name) }
            values[field.name, default: []].append(value(field.name, field.value, known: known))
        }
        return order.map { (title($0, of: one), (values[$0] ?? []).filter { !$0.isEmpty }.joined(separator: "、")) }
    }

    /// The person an act is about, by the number in its address.
    static func person(_ path: String) -> Int64? { number(path, under: "users") }

    /// `/admin/applications/12/approve` → 12.
    static func number(_ path: String, under part: String) -> Int64? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "admin", parts[1] == part else { return nil }
        return Int64(parts[2])
    }
}
