import Foundation
import Kernel

extension Area {
    /// Corners of one outline at the most.
    package static let mostPoints = 500

    /// Everything that keeps it from being the outline of a piece of ground; empty when it is one.
    package var faults: [FieldFinding] {
        func finding(_ code: String, _ message: String) -> FieldFinding { FieldFinding("outline", code, message, title: "范围") }
        if outline.count < 3 { return [finding("points", "至少要有 3 个不同的顶点")] }
        if outline.count > Self.mostPoints { return [finding("points", "有 \(outline.count) 个顶点，至多 \(Self.mostPoints) 个")] }
        if let index = outline.indices.first(where: { outline[$0] == outline[($0 + 1) % outline.count] }) { return [finding("repeated", "第 \(index + 1) 个顶点重复")] }
        if let (first, second) = crossing { return [finding("crossing", "第 \(first + 1) 条边与第 \(second + 1) 条边相交，边界不能自己交叉")] }
        if hectares < 0.01 { return [finding("size", "面积不足 100 平方米")] }
        if hectares > 5_000_000 { return [finding("size", "面积超过 5 万平方公里，请检查坐标")] }
        return []
    }

    /// Two edges that meet where they must not, by their places in the ring.
    private var crossing: (Int, Int)? {
        let points = plane
        let count = points.count
        for first in 0..<count {
            let (a, b) = (points[first], points[(first + 1) % count])
            for second in (first + 1)..<max(first + 1, count) {
                let (c, d) = (points[second], points[(second + 1) % count])
                // Neighbours share a corner; they may only not run back over each other.
                if second == first + 1 {
                    if b.turn(d, a) == 0, (d.x - b.x) * (a.x - b.x) + (d.y - b.y) * (a.y - b.y) > 0 { return (first, second) }
                    continue
                }
                if first == 0, second == count - 1 { continue }
                if Self.meet(a, b, c, d) { return (first, second) }
            }
        }
        return nil
    }

    private static func meet(_ a: PlanePoint, _ b: PlanePoint, _ c: PlanePoint, _ d: PlanePoint) -> Bool {
        if max(a.x, b.x) < min(c.x, d.x) || max(c.x, d.x) < min(a.x, b.x) || max(a.y, b.y) < min(c.y, d.y) || max(c.y, d.y) < min(a.y, b.y) { return false }
        // Touching counts as meeting: each segment's ends lie on different sides of the other, or one of them on it.
        return a.turn(b, c) * a.turn(b, d) <= 0 && c.turn(d, a) * c.turn(d, b) <= 0
    }

    /// Where another outline leaves this one: nil while it stays within, its border included. Twenty metres are forgiven, since borders that are meant to be one are seldom drawn so.
    ///
    /// - Returns: the corner after which it is outside, from 1, and how many metres at the most were seen there.
    package func leaving(_ inner: Area, tolerance: Double = 20) -> (corner: Int, metres: Int)? {
        let box = bounds
        let middle = Coordinate((box.west + box.east) / 2, (box.south + box.north) / 2)
        let border = outline.map { PlanePoint($0, from: middle) }
        for index in inner.outline.indices {
            let (from, to) = (inner.outline[index], inner.outline[(index + 1) % inner.outline.count])
            // Pieces of fifty metres, sixteen at the most: a bay of the border between two corners is seen.
            let pieces = min(16, max(1, Int(from.metres(to: to) / 50)))
            for piece in 0..<pieces {
                let share = Double(piece) / Double(pieces)
                let place = Coordinate(from.longitude + share * (to.longitude - from.longitude), from.latitude + share * (to.latitude - from.latitude))
                if contains(place) { continue }
                let far = Self.distance(PlanePoint(place, from: middle), border)
                if far > tolerance { return (index + 1, Int(far.rounded())) }
            }
        }
        return nil
    }

    private static func distance(_ point: PlanePoint, _ border: [PlanePoint]) -> Double {
        var nearest = Double.infinity
        for index in border.indices { nearest = min(nearest, point.distance(to: border[index], border[(index + 1) % border.count])) }
        return nearest
    }
}
