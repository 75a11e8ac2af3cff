import Kernel
import Storage

/// A text to many numbers, as it was sent.
package struct SMSBroadcast: Sendable, Equatable {
    package var id: Int64
    package var text: String
    package var purpose: String
    package var at: Moment
    package var byName: String
    package var orgName: String
    package var receivers: Int
    package var parts: Int
    /// How many lines stand in each state.
    package var states: [String: Int]
}

/// Whose network a mobile number belongs to, by the ranges of the numbering plan; a number that was carried over is shown as it was given out.
package enum MobileCarrier: String, Sendable, CaseIterable {
    case mobile, unicom, telecom, broadnet

    package var title: String {
        switch self {
        case .mobile: "中国移动"
        case .unicom: "中国联通"
        case .telecom: "中国电信"
        case .broadnet: "中国广电"
        }
    }

    private static let ranges: [(MobileCarrier, [String])] = [
        (.broadnet, ["192"]),
        (
            .mobile,
            [
                "1703", "1705", "1706", "134", "135", "136", "137", "138", "139", "147", "148", "150", "151", "152", "157", "158", "159", "172", "178", "182", "183", "184", "187",
                "188", "195", "197", "198",
            ]
        ),
        (.unicom, ["1704", "1707", "1708", "1709", "130", "131", "132", "145", "146", "155", "156", "166", "167", "171", "175", "176", "185", "186", "196"]),
        (.telecom, ["1700", "1701", "1702", "133", "149", "153", "162", "173", "174", "177", "180", "181", "189", "190", "191", "193", "199"]),
    ]

    /// - Returns: nil for what is no mobile number of the mainland.
    package init?(_ phone: String) {
        guard phone.count == 11, phone.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        let found = Self.ranges.first { $0.1.contains { $0.count == 4 && phone.hasPrefix($0) } } ?? Self.ranges.first { $0.1.contains { $0.count == 3 && phone.hasPrefix($0) } }
        guard let found else { return nil }
        self = found.0
    }
}

/// Parts that a text is charged as: 70 characters in one, 67 in each of several.
package func messageParts(of text: String) -> Int {
    let units = text.utf16.count
    return units <= 70 ? 1 : (units + 66) / 67
}
