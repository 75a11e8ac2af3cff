import Identity
import Kernel

/// One kind of alarm, declared by a Feature; the engine does the rest.
package struct AlarmKind: Sendable, Equatable {
    /// `excessListed`: stored in every alarm, so it never changes.
    package var name: String
    package var title: String
    package var titleEN: String
    package var grade: AlarmGrade
    /// Seconds around an open alarm's first and last occurrence within which a repeat counts on it instead of opening another one.
    package var mergeWindow: Int64
    /// The alarm is about a condition (off-line, serial gap): it merges for as long as it stands and `clear` closes it when the condition is mended.
    package var closesItself: Bool
    /// Who may handle alarms of this kind.
    package var handlePermission: String
    /// Seconds from raising until somebody must have taken it up; nil sets no deadline.
    package var triageWithin: Int64?
    /// Alarms of this kind that one organisation may open on one day; the rest count on one collecting alarm, with all their evidence.
    package var dailyLimit: Int
    package var category: AlarmCategory
    /// What its signals may say of themselves.
    package var traits: [AlarmTrait]
    /// People and other systems may register alarms of it; otherwise only the program raises them.
    package var isReported: Bool

    package init(
        _ name: String, _ title: String, _ titleEN: String, grade: AlarmGrade = .ordinary, mergeWindow: Int64 = 600, closesItself: Bool = false,
        handlePermission: String = AlarmPermission.handle, triageWithin: Int64? = 86_400, dailyLimit: Int = 1000,
        category: AlarmCategory = .conduct, traits: [AlarmTrait] = [], isReported: Bool = false
    ) {
        self.name = name
        self.title = title
        self.titleEN = titleEN
        self.grade = grade
        self.mergeWindow = mergeWindow
        self.closesItself = closesItself
        self.handlePermission = handlePermission
        self.triageWithin = triageWithin
        self.dailyLimit = dailyLimit
        self.category = category
        self.traits = traits
        self.isReported = isReported
    }

    /// Every fault of every declaration, together; empty when all is well. Ids: `JW-AL01` name, `JW-AL02` twice, `JW-AL03` title, `JW-AL04` window, `JW-AL05` limit.
    package static func check(_ kinds: [AlarmKind]) -> [String] {
        var faults: [String] = []
        var seen: Set<String> = []
        for kind in kinds {
            if kind.name.isEmpty || !kind.name.utf8.allSatisfy({ ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || (48...57).contains($0) }) {
                faults.append("JW-AL01 alarm kind “\(kind.name)”: letters and digits only")
            }
            if !seen.insert(kind.name).inserted { faults.append("JW-AL02 alarm kind “\(kind.name)” is declared twice") }
            if kind.title.isEmpty || kind.titleEN.isEmpty { faults.append("JW-AL03 alarm kind “\(kind.name)” lacks a title") }
            if kind.mergeWindow < 0 { faults.append("JW-AL04 alarm kind “\(kind.name)”: merge window below zero") }
            if kind.dailyLimit < 1 { faults.append("JW-AL05 alarm kind “\(kind.name)”: daily limit below one") }
        }
        return faults
    }
}

/// The permissions of the alarm desk.
package enum AlarmPermission {
    package static let read = "alarm.read"
    package static let handle = "alarm.handle"
    package static let export = "alarm.export"
    /// An enterprise asks for reconsideration of its own alarm.
    package static let appeal = "alarm.appeal"
    /// An enterprise says what happened, what it did and whether it is over.
    package static let answer = "alarm.answer"
    /// Registers alarms by hand or from another system.
    package static let report = "alarm.report"
    /// Asks for a suppression window.
    package static let suppress = "alarm.suppress"
    package static let approve = "alarm.approve"
    /// Grading schemes, push rules, expiry rules.
    package static let configure = "alarm.configure"

    package static let all: [PermissionDeclaration] = [
        PermissionDeclaration(read, "报警：查看", area: "监测报警", defaultRoles: [.city, .county, .enterpriseAdmin, .enterpriseGuard, .gridOfficer]),
        PermissionDeclaration(handle, "报警：处理", area: "监测报警", defaultRoles: [.city, .county]),
        PermissionDeclaration(export, "报警：导出清单与证据包", area: "监测报警", defaultRoles: [.city, .county]),
        PermissionDeclaration(appeal, "报警：提出复议", area: "监测报警", defaultRoles: [.enterpriseAdmin]),
        PermissionDeclaration(answer, "报警：企业答复", area: "监测报警", defaultRoles: [.enterpriseAdmin, .enterpriseGuard]),
        PermissionDeclaration(report, "报警：登记与上报", area: "监测报警", defaultRoles: [.city, .county]),
        PermissionDeclaration(suppress, "报警：申请停用免报", area: "监测报警", defaultRoles: [.city, .county, .enterpriseAdmin]),
        PermissionDeclaration(approve, "报警：审批停用免报", area: "监测报警", defaultRoles: [.city, .county]),
        PermissionDeclaration(configure, "报警：分级、推送与到期预警规则", area: "监测报警", defaultRoles: [.city]),
    ]
}
