/// A kind of act for which a second person may be asked (双人复核); which are, an administrator decides.
package struct DualAct: Sendable, Equatable {
    package var name: String
    package var title: String
    package var help: String

    private init(_ name: String, _ title: String, _ help: String) {
        self.name = name
        self.title = title
        self.help = help
    }

    package static let roleChange = DualAct("roleChange", "角色与权限变更", "新增、修改、删除角色，临时授权")
    package static let userChange = DualAct("userChange", "账号变更", "修改账号与其角色、冻结、办理离职、重置密码与动态口令")
    package static let settingChange = DualAct("settingChange", "系统设置变更", "登录与密码规则、外部登录服务、双人复核事项、备份、监管设置与保存期限")
    package static let massExport = DualAct("massExport", "批量导出", "台账、审计日志导出为文件")
    package static let deletion = DualAct("deletion", "删除与恢复", "删除、批量删除、恢复台账记录")
    package static let reveal = DualAct("reveal", "查看个人信息原文", "显示台账中掩码的姓名、电话、证件号码")
    package static let application = DualAct("application", "应用接入审批", "批准、停用应用，更换密钥")

    /// In the order of the settings page.
    package static let all: [DualAct] = [roleChange, userChange, settingChange, massExport, deletion, reveal, application]
    package static func named(_ name: String) -> DualAct? { all.first { $0.name == name } }
}

/// How many other people each kind of act waits for, and how long an approval is good.
package struct DualPolicy: Sendable, Equatable {
    /// By the act's name; an act that does not stand here needs nobody.
    package var votes: [String: Int] = [:]
    package var hours = 24

    package init() {}

    package static let mostVotes = 3
    package static let hoursRange = 1...168
}
