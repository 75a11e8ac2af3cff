/// What an alarm is about, as far as its handling differs. Source: requirements D9.7.1, D9.7.4, D2.5.1.
package enum AlarmCategory: String, Sendable, Codable, CaseIterable {
    /// A measured value left its limits.
    case measured
    /// A picture or recording was recognised as something.
    case recognised
    /// A date has come: papers, plans, inspections.
    case dated
    /// A device is off-line or broken.
    case equipment
    /// Somebody did what is not allowed.
    case conduct
    /// Only to be known: tests, points out of use.
    case notice

    package var title: String {
        switch self {
        case .measured: "监测超限"
        case .recognised: "视频识别"
        case .dated: "证照期限"
        case .equipment: "设备状态"
        case .conduct: "行为违规"
        case .notice: "提醒"
        }
    }
}

/// What a signal may say of itself beyond its kind, so that grading can tell apart alarms of one kind: the limit that was passed, the class of the unit.
package struct AlarmTrait: Sendable, Equatable, Hashable {
    /// `highHigh`: stored in alarms and schemes, so it never changes.
    package var name: String
    package var title: String
    /// Of one group a signal carries at most one.
    package var group: String
    /// An alarm that says it of itself is closed without verification: tests, points out of use, doubtful data.
    package var waivesVerification: Bool

    package init(_ name: String, _ title: String, group: String, waivesVerification: Bool = false) {
        self.name = name
        self.title = title
        self.group = group
        self.waivesVerification = waivesVerification
    }
}

/// Why an alarm was none. Source: requirements D9.7.4, D18.4.8.
package enum AlarmFalseClass: String, Sendable, Codable, CaseIterable {
    case recognition, business, momentary, network, lowLimit, maintenance, testing, doubtful, renewed, duplicate

    package var title: String {
        switch self {
        case .recognition: "识别误报"
        case .business: "业务误报"
        case .momentary: "瞬时超限"
        case .network: "网络波动"
        case .lowLimit: "低限误报"
        case .maintenance: "检修所致"
        case .testing: "测试"
        case .doubtful: "数据存疑"
        case .renewed: "证照已更新"
        case .duplicate: "重复报警"
        }
    }

    /// The sentence that is written where the officer writes none; nil where one must be written.
    package var sentence: String? {
        switch self {
        case .momentary: "数据瞬时超限，及时恢复"
        case .renewed: "经查证照已更新"
        case .testing: "测试数据，无需处置"
        default: nil
        }
    }

    package static func choices(for category: AlarmCategory) -> [AlarmFalseClass] {
        switch category {
        case .recognised: [.recognition, .business, .duplicate, .testing]
        case .measured: [.momentary, .network, .lowLimit, .maintenance, .testing, .doubtful, .duplicate]
        case .dated: [.renewed, .duplicate, .doubtful]
        case .equipment: [.network, .maintenance, .testing, .duplicate]
        case .conduct: [.recognition, .business, .maintenance, .testing, .duplicate]
        case .notice: [.testing, .doubtful, .maintenance, .duplicate]
        }
    }
}
