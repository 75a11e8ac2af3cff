import Kernel

/// 国标编码: the twenty digits by which a camera is known in GB/T 28181 (rule A): centre 8 (region), trade 2, type 3, network 1, number 6.
package struct CameraCode: Sendable, Equatable {
    package let text: String

    /// What digits 11 to 13 may be for something that gives pictures.
    private static let types: [String: String] = [
        "111": "硬盘录像机", "112": "视频服务器", "113": "编码器", "118": "网络录像机", "121": "视频卡口", "130": "混合录像机", "131": "摄像机", "132": "网络摄像机", "138": "移动传输设备",
    ]

    /// - Throws: what is wrong, as a finding of a form says it.
    package init(_ text: String) throws(CameraCodeFault) {
        guard text.utf8.count == 20, text.utf8.allSatisfy({ (48...57).contains($0) }) else { throw .length }
        guard Region(code: String(text.prefix(6))) != nil else { throw .region }
        guard Self.types[String(text.dropFirst(10).prefix(3))] != nil else { throw .type }
        guard let network = text.dropFirst(13).first, network != "8" else { throw .network }
        self.text = text
    }

    package var region: Region? { Region(code: String(text.prefix(6))) }
    /// 行业编码.
    package var trade: String { String(text.dropFirst(8).prefix(2)) }
    package var typeTitle: String { Self.types[String(text.dropFirst(10).prefix(3))] ?? "" }
}

/// What may be wrong with a code that somebody typed.
package enum CameraCodeFault: Error, Sendable, Equatable, CaseIterable {
    case length, region, type, network

    package var message: String {
        switch self {
        case .length: "应为 20 位数字"
        case .region: "前 6 位应为行政区划代码"
        case .type: "第 11 至 13 位应为视频类设备，如 131 摄像机、132 网络摄像机、118 网络录像机"
        case .network: "第 14 位网络标识应为 0 至 7 或 9"
        }
    }
}
