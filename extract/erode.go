package extract

import "tacstream/ingest"

// A ballRow is the voxels of a ball that lie side by side, in a row and a slice
// so far away.
type ballRow struct{ rows, slices int }

// ballRows returns the rows of the ball of a radius about a voxel, by the
// columns that they span.
func ballRows(mm float64, pet ingest.Geometry) map[[2]int][]ballRow {
	span := map[ballRow][2]int{}
	for _, d := range ballOf(mm, pet) {
		at := ballRow{d[1], d[2]}
		s, known := span[at]
		if !known {
			s = [2]int{d[0], d[0]}
		}
		span[at] = [2]int{min(s[0], d[0]), max(s[1], d[0])}
	}
	rows := map[[2]int][]ballRow{}
	for at, s := range span {
		rows[s] = append(rows[s], at)
	}
	return rows
}

// ballOf returns the steps in voxels to the neighbours within a radius.
func ballOf(mm float64, pet ingest.Geometry) [][3]int {
	var reach [3]int
	inverse, err := pet.Affine.Inverse()
	for a := range reach {
		if err == nil { // a mask was made, so it is
			reach[a] = int(mm * length(ingest.Vec{inverse[a][0], inverse[a][1], inverse[a][2]}))
		}
	}
	var ball [][3]int
	for k := -reach[2]; k <= reach[2]; k++ {
		for j := -reach[1]; j <= reach[1]; j++ {
			for i := -reach[0]; i <= reach[0]; i++ {
				far := pet.Affine.Apply(float64(i), float64(j), float64(k))
				here := pet.Affine.Apply(0, 0, 0)
				if length(ingest.Vec{far[0] - here[0], far[1] - here[1], far[2] - here[2]}) <= mm {
					ball = append(ball, [3]int{i, j, k})
				}
			}
		}
	}
	return ball
}

// A box is the weights of a region in the smallest box of voxels that holds it.
type box struct {
	first, size [3]int
	weight      []float32 // column fastest, then row, then slice
}

// boxOf returns the weights of a region on a grid of so many columns.
func (m *Mask) boxOf(n uint16, columns int) box {
	from, to := [3]int{columns, m.pixels / columns, len(m.slices)}, [3]int{}
	m.runsOf(n, columns, func(i, j, k, length int, _ float32) {
		for a, x := range [3]int{i, j, k} {
			from[a], to[a] = min(from[a], x), max(to[a], x+1)
		}
		to[0] = max(to[0], i+length)
	})
	b := box{first: from, size: [3]int{to[0] - from[0], to[1] - from[1], to[2] - from[2]}}
	b.weight = make([]float32, b.size[0]*b.size[1]*b.size[2])
	m.runsOf(n, columns, func(i, j, k, length int, weight float32) {
		row := b.row(j-from[1], k-from[2])
		for p := range length {
			row[i-from[0]+p] = weight
		}
	})
	return b
}

// runsOf visits the runs of a region, row by row.
func (m *Mask) runsOf(n uint16, columns int, visit func(i, j, k, length int, weight float32)) {
	for k, runs := range m.slices {
		for _, r := range runs {
			for p := int(r.First); r.Region == n && p < int(r.End); {
				end := min(int(r.End), (p/columns+1)*columns)
				visit(p%columns, p/columns, k, end-p, r.Weight)
				p = end
			}
		}
	}
}

func (b *box) row(j, k int) []float32 {
	at := (k*b.size[1] + j) * b.size[0]
	return b.weight[at : at+b.size[0]]
}

// eroded returns the runs of a region with the least weight of the ball about
// each voxel. The least of each row of the ball is found for all voxels at
// once, so that the time grows with the square of the radius.
func (m *Mask) eroded(n uint16, ball map[[2]int][]ballRow, size [3]int) [][]ingest.Run {
	from := m.boxOf(n, size[0])
	left, least := from, from
	left.weight = append([]float32(nil), from.weight...)
	least.weight = make([]float32, len(from.weight))
	for span, rows := range ball {
		for k := range from.size[2] {
			for j := range from.size[1] {
				slidingLeast(least.row(j, k), from.row(j, k), span)
			}
		}
		for _, r := range rows {
			left.lower(&least, r)
		}
	}
	c := newCover(size)
	for k := range left.size[2] {
		for j := range left.size[1] {
			for i, w := range left.row(j, k) {
				c.add(left.first[0]+i, left.first[1]+j, left.first[2]+k, n, w)
			}
		}
	}
	return c.slices
}

// lower lowers every weight to that of another box so many rows and slices
// away, which is 0 outside it.
func (b *box) lower(to *box, away ballRow) {
	for k := range b.size[2] {
		for j := range b.size[1] {
			row := b.row(j, k)
			jj, kk := j+away.rows, k+away.slices
			if jj < 0 || jj >= b.size[1] || kk < 0 || kk >= b.size[2] {
				clear(row)
				continue
			}
			for i, w := range to.row(jj, kk) {
				row[i] = min(row[i], w)
			}
		}
	}
}

// slidingLeast sets each element of least to the least of row from span[0] to
// span[1] elements away; beyond its ends row is 0.
func slidingLeast(least, row []float32, span [2]int) {
	var rising []int // of elements in the window, each less than all before it
	next := 0
	for i := range least {
		if i+span[0] < 0 || i+span[1] >= len(row) {
			least[i] = 0
			continue
		}
		for next = max(next, i+span[0]); next <= i+span[1]; next++ {
			for len(rising) > 0 && row[rising[len(rising)-1]] >= row[next] {
				rising = rising[:len(rising)-1]
			}
			rising = append(rising, next)
		}
		for rising[0] < i+span[0] {
			rising = rising[1:]
		}
		least[i] = row[rising[0]]
	}
}
